package io.jukung.linux.io;

/**
 * The process at the other end of a unix socket when the connection was made (SO_PEERCRED,
 * unix(7)).
 */
public record PeerCredentials(int pid, int uid, int gid) {}
