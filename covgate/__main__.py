from covgate.cli import run

run()
