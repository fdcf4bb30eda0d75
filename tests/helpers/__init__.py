"""What the tests share: sealed environments, projects, histories, a browser, schemas."""
