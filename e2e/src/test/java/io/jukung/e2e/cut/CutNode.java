package io.jukung.e2e.cut;

import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.CommandResult;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * A node whose daemon keeps all that survives a reboot (its root, the addresses of host-local, the
 * records of CNI) on one ext4, which is first on a {@link RecordedDisk} and then on the images that
 * power cuts leave. Between two images the node is rebooted as far as the daemon can see: no
 * process, no mount, no interface and nothing in the volatile directories is left, and the kernel's
 * boot id is another one.
 */
final class CutNode implements AutoCloseable {
  private static final String DISK_BYTES = "96M";

  private final Path directory;
  private final RecordedDisk disk;
  private final Testbed testbed;
  private String loop = "";

  CutNode() throws Exception {
    directory = Files.createTempDirectory("jukung-cut-");
    host(
        "truncate -s %s base; mkfs.ext4 -q -F base; cp --sparse=always base recorded; mkdir fuse"
            .formatted(DISK_BYTES));
    disk = RecordedDisk.over(directory.resolve("recorded"), directory.resolve("fuse"));
    try {
      testbed =
          Testbed.start(
              (node, daemon) -> attach(node, daemon, disk.file()),
              "[image]\nreserved_space = \"1MiB\"\n[shim]\nspare = 1\nmax_spare = 1\n");
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  Testbed testbed() {
    return testbed;
  }

  WriteLog log() {
    return disk.log();
  }

  /** The image before the first write. */
  Path base() {
    return directory.resolve("base");
  }

  /** A file for an image that is a copy of {@link #base}. */
  Path freshImage() throws Exception {
    host("cp --sparse=always base cut");
    return directory.resolve("cut");
  }

  /** Starts the daemon over an image. The node must be off. */
  void powerOn(Path image) throws Exception {
    attach(testbed.node(), testbed.daemon(), image);
    testbed.daemon().start();
    testbed.reconnect();
  }

  /** Puts an image where the daemon keeps its files, and begins another boot. */
  private void attach(Node node, Daemon daemon, Path image) throws Exception {
    loop = host("losetup -f --show " + image).strip();
    Path boot = Files.writeString(directory.resolve("boot_id"), UUID.randomUUID() + "\n");
    // The node has just been started: all files are older.
    Path uptime = Files.writeString(directory.resolve("uptime"), "0.00 0.00\n");
    inside(
        node,
        """
        mkdir -p %1$s/root %1$s/ipam %1$s/cni-cache
        mount %2$s %1$s/root
        mkdir -p %1$s/root/.ipam %1$s/root/.cni-cache
        mount --bind %1$s/root/.ipam %1$s/ipam
        mount --bind %1$s/root/.cni-cache %1$s/cni-cache
        mount --bind %3$s /proc/sys/kernel/random/boot_id
        mount --bind %4$s /proc/uptime
        """
            .formatted(daemon.directory(), loop, boot, uptime));
  }

  /** Ends everything at once, as if the power were cut. What is on the image stays as it is. */
  void powerOff() throws Exception {
    Node node = testbed.node();
    Path daemon = testbed.daemon().directory();
    if (testbed.daemon().isAlive()) {
      // Not by the pid that the daemon object has: that of a daemon which never served is unknown.
      inside(node, "kill -KILL $(cat %s/daemon.pid)".formatted(daemon));
      testbed.daemon().awaitExit();
    }
    inside(
        node,
        """
        if [ -e %2$s ]; then echo 1 >%2$s/cgroup.kill; fi
        while [ -e %2$s ] && grep -q 'populated 1' %2$s/cgroup.events; do :; done
        [ ! -e %2$s ] || find %2$s -mindepth 1 -depth -type d -exec rmdir {} +
        tac /proc/self/mountinfo | while read -r _ _ _ _ target _; do
          case $target in
            %1$s/*|/proc/sys/kernel/random/boot_id|/proc/uptime) umount -l "$target" ;;
          esac
        done
        rm -rf %1$s/state /run/jukung-owners
        ip link del e2e0 2>/dev/null || true
        """
            .formatted(daemon, node.cgroup()));
    host("losetup -d " + loop);
    loop = "";
  }

  /** Runs the client of the daemon. */
  CommandResult jukung(String... arguments) throws Exception {
    List<String> line =
        new ArrayList<>(
            List.of(
                "env",
                "JUKUNG_SOCKET=" + testbed.daemon().socket(),
                Daemon.dist().resolve("bin/jukung").toString()));
    line.addAll(List.of(arguments));
    return testbed.node().run(line);
  }

  private static void inside(Node node, String script) throws Exception {
    node.run("sh", "-euc", script).orThrow();
  }

  private String host(String script) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder("sh", "-euc", script)
            .directory(directory.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    String output = new String(process.getInputStream().readAllBytes());
    if (process.waitFor() != 0) {
      throw new IOException("failed: " + script);
    }
    return output;
  }

  @Override
  public void close() throws Exception {
    if (testbed != null) {
      if (!loop.isEmpty()) {
        powerOff();
      }
      testbed.close();
    }
    // The kernel lets go of a file system in the background after a lazy unmount.
    Await.until(
        "no loop device uses the disk", () -> !host("losetup -a").contains(directory.toString()));
    disk.close();
    host("rm -rf " + directory);
  }
}
