// SSHTransport: SSH client and server channels on reactor threads; the only importer of libssh.
