"""Policy engines, asked at load only and in a child process."""
