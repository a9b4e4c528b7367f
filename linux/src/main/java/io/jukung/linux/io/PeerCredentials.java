package io.jukung.linux.io;

/** Who stood at the other end when the connection was made (SO_PEERCRED, unix(7)). */
public record PeerCredentials(int pid, int uid, int gid) {}
