"""HTTP, arq jobs and background loops: they parse, call and commit."""
