"""What durability and secrecy ask of the kernel: system calls as a port, files that only their owner reads."""
