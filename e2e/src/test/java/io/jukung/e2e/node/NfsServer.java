package io.jukung.e2e.node;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The NFS server of the kernel in a node, and a mount of what it exports, in the same node. The
 * server can fall silent, as one does whose network is cut: what is sent to it gets lost, and the
 * client, whose mount is "hard", waits. Needs the kernel modules nfs, nfsd and sch_netem.
 */
public final class NfsServer implements AutoCloseable {
  /**
   * Starts the server for one client. The lines for /proc/net/rpc are the answers of rpc.mountd(8)
   * about a client, a directory and the root of NFSv4. The flags are no_subtree_check and fsid of
   * exports(5). Version 3 would need rpcbind.
   */
  private static final String START =
      """
      set -e
      modprobe nfsd
      modprobe nfs
      mount -t tmpfs tmpfs "$1"
      mount -t nfsd nfsd /proc/fs/nfsd
      echo -3 >/proc/fs/nfsd/versions
      echo 10 >/proc/fs/nfsd/nfsv4leasetime
      echo 10 >/proc/fs/nfsd/nfsv4gracetime
      echo nfsd 127.0.0.1 2147483647 here >/proc/net/rpc/auth.unix.ip/channel
      echo here "$1" 2147483647 $((0x2400)) 65534 65534 0 >/proc/net/rpc/nfsd.export/channel
      echo here 1 '\\x00000000' 2147483647 "$1" >/proc/net/rpc/nfsd.fh/channel
      echo tcp 2049 >/proc/fs/nfsd/portlist
      echo 2 >/proc/fs/nfsd/threads
      mount -i -t nfs4 -o vers=4.2,proto=tcp,port=2049,addr=127.0.0.1,clientaddr=127.0.0.1,hard,noac \\
        127.0.0.1:/ "$2"
      touch "$2/served"
      """;

  /** A mount that is still in use is left to the end of the node, and so is its server. */
  private static final String STOP =
      """
      set -e
      for i in $(seq 100); do ! umount "$2" || break; sleep 0.1; done
      ! mountpoint -q "$2"
      echo 0 >/proc/fs/nfsd/threads
      for cache in auth.unix.ip nfsd.export nfsd.fh; do date +%s >/proc/net/rpc/$cache/flush; done
      umount /proc/fs/nfsd
      umount "$1"
      """;

  /** Packets to the server go to a queue that loses all, see tc-netem(8) and tc-u32(8). */
  private static final String SILENCE =
      """
      set -e
      tc qdisc add dev lo root handle 1: prio
      tc qdisc add dev lo parent 1:3 netem loss 100%
      tc filter add dev lo parent 1: protocol ip u32 match ip dport 2049 0xffff flowid 1:3
      """;

  private final Node node;
  private final Path exported;
  private final Path mounted;
  private boolean isSilent;

  private NfsServer(Node node) throws IOException {
    this.node = node;
    this.exported = Files.createDirectory(node.directory().resolve("exported"));
    this.mounted = Files.createDirectory(node.directory().resolve("nfs"));
  }

  /** Starts the server and mounts what it exports. It answers once its grace period is over. */
  public static NfsServer start(Node node) throws Exception {
    NfsServer server = new NfsServer(node);
    try {
      server.run(START).orThrow();
      return server;
    } catch (Exception | Error e) {
      server.close();
      throw e;
    }
  }

  private CommandResult run(String script) throws Exception {
    return node.run("sh", "-c", script, "nfs", exported.toString(), mounted.toString());
  }

  /** Makes a directory on the server and returns where the node has it mounted. */
  public Path directory(String name) throws Exception {
    node.run("mkdir", exported.resolve(name).toString()).orThrow();
    return mounted.resolve(name);
  }

  /** Whether a file has arrived at the server and is not empty. Does not use NFS. */
  public boolean has(String file) throws Exception {
    return node.run("test", "-s", exported.resolve(file).toString()).exitCode() == 0;
  }

  /** Loses all that is sent to the server from now on. */
  public void fallSilent() throws Exception {
    isSilent = true;
    run(SILENCE).orThrow();
  }

  /** Lets the server answer again, also what was asked meanwhile. */
  public void answer() throws Exception {
    if (isSilent) {
      isSilent = false;
      node.run("tc", "qdisc", "del", "dev", "lo", "root").orThrow();
    }
  }

  @Override
  public void close() throws Exception {
    try {
      answer();
    } finally {
      run(STOP).orThrow();
      Files.delete(exported);
      Files.delete(mounted);
    }
  }
}
