package io.jukung.linux.namespace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.linux.Errno;
import io.jukung.linux.ErrnoException;
import io.jukung.linux.FreshThread;
import io.jukung.linux.OpenDescriptors;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.libc.Kernel;
import io.jukung.linux.libc.Syscall;
import io.jukung.linux.libc.Syscalls;
import io.jukung.linux.mount.MountAttributes;
import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.Mounts;
import io.jukung.linux.mount.Propagation;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class NamespacePinsTest {
  private static final Set<Namespace> ALL =
      EnumSet.of(Namespace.NETWORK, Namespace.IPC, Namespace.UTS);

  @TempDir Path directory;
  private NamespacePins pins;

  @BeforeEach
  void makePins() {
    pins = new NamespacePins(directory);
  }

  @AfterEach
  void removePins() throws IOException {
    pins.remove();
    assertNothingLeft();
  }

  @Test
  void pinnedNamespacesAreNew() throws IOException {
    pins.create(request(ALL));
    for (Namespace kind : ALL) {
      assertThat(pins.isPinned(kind)).isTrue();
      assertThat(inode(pins.path(kind))).isNotEqualTo(inode(kind.ofCallingThread()));
    }
    assertThat(MountTable.read().under(directory))
        .hasSize(3)
        .allMatch(mount -> mount.type().equals("nsfs"));
  }

  @Test
  void onlyRequestedNamespacesArePinned() throws IOException {
    pins.create(request(EnumSet.of(Namespace.IPC)));
    assertThat(pins.isPinned(Namespace.IPC)).isTrue();
    assertThat(pins.isPinned(Namespace.NETWORK)).isFalse();
    assertThat(pins.isPinned(Namespace.UTS)).isFalse();
  }

  @Test
  void requestWithoutNamespacesPinsNothing() throws IOException {
    pins.create(request(Set.of()));
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void hostNameIsSetInThePinnedNamespaceOnly() throws IOException {
    String before = Files.readString(Path.of("/proc/sys/kernel/hostname"));
    pins.create(new NamespacePins.Request(ALL, Optional.of("pod-1.example"), List.of()));
    assertThat(readIn(Namespace.UTS, "/proc/sys/kernel/hostname")).isEqualTo("pod-1.example");
    assertThat(Files.readString(Path.of("/proc/sys/kernel/hostname"))).isEqualTo(before);
  }

  @Test
  void loopbackDeviceIsUpWithItsAddress() throws IOException {
    pins.create(request(ALL));
    String devices = readIn(Namespace.NETWORK, "/proc/thread-self/net/dev");
    assertThat(devices).contains("lo:");
    // lo has its address and its local route only while the device is up.
    assertThat(readIn(Namespace.NETWORK, "/proc/thread-self/net/fib_trie"))
        .contains("127.0.0.1")
        .contains("/32 host LOCAL");
    assertThat(readIn(Namespace.NETWORK, "/proc/thread-self/net/if_inet6")).contains("lo");
  }

  @Test
  void sysctlsAreWrittenInThePinnedNamespacesOnly() throws IOException {
    Path hostFile = Path.of("/proc/sys/kernel/shm_rmid_forced");
    String before = Files.readString(hostFile);
    pins.create(
        new NamespacePins.Request(
            ALL,
            Optional.empty(),
            List.of(
                new Sysctl("net.ipv4.ip_unprivileged_port_start", "77"),
                new Sysctl("net/ipv4/conf/lo/rp_filter", "2"),
                new Sysctl("kernel.shm_rmid_forced", "1"),
                new Sysctl("kernel.sem", "111 32000 22 333"),
                new Sysctl("fs.mqueue.msg_max", "33"))));
    assertThat(readIn(Namespace.NETWORK, "/proc/sys/net/ipv4/ip_unprivileged_port_start"))
        .isEqualTo("77");
    assertThat(readIn(Namespace.NETWORK, "/proc/sys/net/ipv4/conf/lo/rp_filter")).isEqualTo("2");
    assertThat(readIn(Namespace.IPC, "/proc/sys/kernel/shm_rmid_forced")).isEqualTo("1");
    assertThat(readIn(Namespace.IPC, "/proc/sys/kernel/sem")).isEqualTo("111\t32000\t22\t333");
    assertThat(readIn(Namespace.IPC, "/proc/sys/fs/mqueue/msg_max")).isEqualTo("33");
    assertThat(Files.readString(hostFile)).isEqualTo(before);
  }

  @Test
  void sysctlsOfAnInterfaceAreWrittenOnceItExists() throws IOException {
    List<Sysctl> sysctls = List.of(new Sysctl("net.ipv4.conf.eth9.rp_filter", "2"));
    pins.create(new NamespacePins.Request(ALL, Optional.empty(), sysctls));
    assertThatThrownBy(() -> pins.writeInterfaceSysctls(sysctls))
        .hasMessageStartingWith("sysctl net.ipv4.conf.eth9.rp_filter=2: openat(")
        .hasMessageContaining("ENOENT");
    FreshThread.run(
        "veth",
        () -> {
          try (Fd network = pins.open(Namespace.NETWORK)) {
            Namespace.NETWORK.enter(network);
          }
          run("ip", "link", "add", "eth9", "type", "veth", "peer", "name", "eth8");
        });
    pins.writeInterfaceSysctls(sysctls);
    assertThat(readIn(Namespace.NETWORK, "/proc/sys/net/ipv4/conf/eth9/rp_filter")).isEqualTo("2");
  }

  @Test
  void errorNamesTheRefusedSysctlAndNoPinIsLeft() throws IOException {
    assertThatThrownBy(
            () ->
                pins.create(
                    new NamespacePins.Request(
                        ALL, Optional.empty(), List.of(new Sysctl("net.ipv4.no_such", "1")))))
        .isInstanceOf(IOException.class)
        .hasMessage(
            "sysctl net.ipv4.no_such=1: openat(/proc/sys/net/ipv4/no_such, flags=0x1):"
                + " ENOENT No such file or directory");
    assertThatThrownBy(
            () ->
                pins.create(
                    new NamespacePins.Request(
                        ALL, Optional.empty(), List.of(new Sysctl("net.ipv4.ip_forward", "many")))))
        .hasMessageContaining("sysctl net.ipv4.ip_forward=many: write(")
        .hasMessageContaining("EINVAL");
    assertNothingLeft();
  }

  @ParameterizedTest
  @EnumSource(names = {"NETWORK", "IPC"})
  void sysctlWithoutItsNamespaceIsRefused(Namespace missing) {
    Set<Namespace> kinds = EnumSet.copyOf(ALL);
    kinds.remove(missing);
    String name = missing == Namespace.IPC ? "kernel.shmmax" : "net.ipv4.ip_forward";
    assertThatThrownBy(
            () ->
                new NamespacePins.Request(kinds, Optional.empty(), List.of(new Sysctl(name, "1"))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sysctl " + name + " needs a " + missing.procName() + " namespace");
  }

  @Test
  void hostNameNeedsAUtsNamespaceAndAtMost64Bytes() {
    assertThatThrownBy(() -> new NamespacePins.Request(Set.of(), Optional.of("pod"), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new NamespacePins.Request(ALL, Optional.of("x".repeat(65)), List.of()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void removeWithoutPinsSucceeds() throws IOException {
    pins.remove();
    pins.remove();
    new NamespacePins(directory.resolve("missing")).remove();
    assertThat(new NamespacePins(directory.resolve("missing")).isPinned(Namespace.IPC)).isFalse();
  }

  @Test
  void removeAlsoRemovesIncompleteAndStackedPins() throws IOException {
    Files.createFile(pins.path(Namespace.NETWORK));
    assertThat(pins.isPinned(Namespace.NETWORK)).isFalse();
    Files.createFile(pins.path(Namespace.UTS));
    for (int i = 0; i < 3; i++) {
      try (Fd mount = Mounts.clone(Namespace.UTS.ofCallingThread())) {
        Mounts.attach(mount, pins.path(Namespace.UTS));
      }
    }
    pins.remove();
    assertNothingLeft();
  }

  @Test
  void failedCreateKeepsPinsOfAnEarlierCall() throws IOException {
    pins.create(request(EnumSet.of(Namespace.UTS)));
    Object inode = inode(pins.path(Namespace.UTS));
    assertThatThrownBy(() -> pins.create(request(ALL)))
        .isInstanceOfSatisfying(ErrnoException.class, e -> assertThat(e.is(Errno.EEXIST)).isTrue())
        .hasMessageContaining(pins.path(Namespace.UTS).toString());
    assertThat(inode(pins.path(Namespace.UTS))).isEqualTo(inode);
    assertThat(MountTable.read().under(directory)).hasSize(1);
  }

  @Test
  void removeAlsoRemovesCopiesOfPinsInOtherMountNamespaces() throws Exception {
    pins.create(request(ALL));
    CountDownLatch copied = new CountDownLatch(1);
    CountDownLatch removed = new CountDownLatch(1);
    List<Integer> seen = new ArrayList<>();
    Thread other =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    Namespace.unshare(EnumSet.of(Namespace.MOUNT));
                    Mounts.changeRecursive(
                        Path.of("/"), MountAttributes.propagating(Propagation.PRIVATE));
                    seen.add(MountTable.read().under(directory).size());
                    copied.countDown();
                    if (removed.await(20, TimeUnit.SECONDS)) {
                      seen.add(MountTable.read().under(directory).size());
                    }
                  } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                  } finally {
                    copied.countDown();
                  }
                });
    assertThat(copied.await(20, TimeUnit.SECONDS)).isTrue();
    pins.remove();
    removed.countDown();
    other.join();
    assertThat(seen).containsExactly(3, 0);
  }

  @Test
  void everyFailingCallIsReportedAndLeavesNothing() throws IOException {
    List<String> descriptors = OpenDescriptors.targets();
    NamespacePins.Request request =
        new NamespacePins.Request(
            ALL, Optional.of("pod"), List.of(new Sysctl("kernel.shm_rmid_forced", "1")));
    int calls = 0;
    for (int n = 1; ; n++) {
      FailNth failing = new FailNth(n);
      Syscalls real = Kernel.install(failing);
      failing.real = real;
      try {
        pins.create(request);
        assertThat(failing.count.get()).as("calls of a run without a failure").isLessThan(n);
        break;
      } catch (ErrnoException e) {
        assertThat(e.errno()).isEqualTo(Errno.ENOSPC);
      } catch (IOException e) {
        assertThat(e).hasMessageContaining("ENOSPC");
      } finally {
        Kernel.install(real);
      }
      pins.remove(); // the failure may have hit the first step of the rollback
      assertNothingLeft();
      assertThat(OpenDescriptors.openedSince(descriptors))
          .as("descriptors after call %d failed", n)
          .isEmpty();
      calls = n;
    }
    assertThat(calls).isGreaterThan(15);
  }

  @Test
  void userNamespaceOwnsTheOtherNamespacesAndTheirSysctls() throws Exception {
    pins.create(
        userNamespaced(
            List.of(
                new Sysctl("kernel.shm_rmid_forced", "1"),
                new Sysctl("fs.mqueue.msg_max", "33"),
                new Sysctl("net.ipv4.ip_unprivileged_port_start", "77"))));
    for (Namespace kind : ALL) {
      assertThat(owner(kind)).as(kind.procName()).isEqualTo(inode(pins.path(Namespace.USER)));
    }
    assertThat(MountTable.read().under(directory)).hasSize(4);
    assertThat(
            inside(
                "cat /proc/self/uid_map /proc/self/gid_map | tr -s ' '; hostname;"
                    + " cat /proc/sys/kernel/shm_rmid_forced /proc/sys/fs/mqueue/msg_max"
                    + " /proc/sys/net/ipv4/ip_unprivileged_port_start;"
                    + " ip -o link show lo up | cut -d: -f2; id -u"))
        .isEqualTo(" 0 70000 65536\n 0 80000 1000\npod\n1\n33\n77\n lo\n0\n");
  }

  @Test
  void errorNamesTheRefusedSysctlOfAUserNamespaceAndNoPinIsLeft() {
    List<ProcessHandle> before = children();
    assertThatThrownBy(
            () -> pins.create(userNamespaced(List.of(new Sysctl("net.ipv4.no_such", "1")))))
        .hasMessageStartingWith("sysctl net.ipv4.no_such=1: ")
        .hasMessageContaining("ENOENT");
    assertThat(directory).isEmptyDirectory();
    assertThat(children()).isEqualTo(before);
  }

  @Test
  void userNamespacesLeaveNoDescriptorAndNoProcess() throws IOException {
    pins.create(userNamespaced(List.of()));
    pins.remove();
    List<String> descriptors = OpenDescriptors.targets();
    List<ProcessHandle> before = children();
    for (int i = 0; i < 20; i++) {
      pins.create(userNamespaced(List.of()));
      pins.remove();
    }
    assertThat(OpenDescriptors.openedSince(descriptors)).isEmpty();
    assertThat(children()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({"-1, 5", "0, 0", "0, -1", "1, 4294967295", "4294967295, 1"})
  void rangesOfIdsThatDoNotExistAreRefused(long first, long length) {
    assertThatThrownBy(() -> new IdMappings.Range(first, length))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static NamespacePins.Request userNamespaced(List<Sysctl> sysctls) {
    return new NamespacePins.Request(
        ALL,
        Optional.of("pod"),
        sysctls,
        Optional.of(
            new IdMappings(new IdMappings.Range(70000, 65536), new IdMappings.Range(80000, 1000))));
  }

  private static List<ProcessHandle> children() {
    return ProcessHandle.current().children().sorted().toList();
  }

  /** Returns the inode of the user namespace that owns a pinned namespace (ioctl_ns(2)). */
  private Object owner(Namespace kind) throws IOException {
    try (Fd namespace = pins.open(kind);
        Fd owner =
            Fd.own(
                Kernel.call(Syscall.IOCTL, () -> "NS_GET_USERNS", namespace.number(), 0xb701, 0))) {
      return inode(Path.of(owner.procPath()));
    }
  }

  /**
   * Returns the output of a shell that runs as root of the user namespace in all pinned namespaces.
   */
  private String inside(String script) throws Exception {
    List<String> command = new ArrayList<>(List.of("nsenter"));
    command.add("--user=" + pins.path(Namespace.USER));
    ALL.forEach(kind -> command.add("--" + kind.procName() + "=" + pins.path(kind)));
    command.addAll(List.of("sh", "-c", script));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    process.waitFor();
    return output;
  }

  @Test
  void manyPodsLeaveNoDescriptorOrMount() throws IOException {
    List<String> descriptors = OpenDescriptors.targets();
    for (int i = 0; i < 50; i++) {
      pins.create(request(ALL));
      pins.remove();
    }
    assertThat(OpenDescriptors.openedSince(descriptors)).isEmpty();
    assertNothingLeft();
  }

  /**
   * Makes the n-th system call fail, but not close(2), which frees the descriptor even if it fails.
   */
  private static final class FailNth implements Syscalls {
    private final int failing;
    private final AtomicInteger count = new AtomicInteger();
    private volatile Syscalls real = (call, a, b, c, d, e) -> -Errno.ENOSYS;

    private FailNth(int failing) {
      this.failing = failing;
    }

    @Override
    public long call(Syscall call, long a, long b, long c, long d, long e) {
      if (call != Syscall.CLOSE && count.incrementAndGet() == failing) {
        return -Errno.ENOSPC;
      }
      return real.call(call, a, b, c, d, e);
    }
  }

  private static NamespacePins.Request request(Set<Namespace> kinds) {
    return new NamespacePins.Request(kinds, Optional.empty(), List.of());
  }

  private String readIn(Namespace kind, String file) throws IOException {
    return FreshThread.call(
        "reader",
        () -> {
          try (Fd namespace = pins.open(kind)) {
            kind.enter(namespace);
          }
          // With one read(2), because a second one returns nothing for files of /proc/sys.
          try (InputStream in = new FileInputStream(file)) {
            return new String(in.readNBytes(8192), StandardCharsets.UTF_8).strip();
          }
        });
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).inheritIO().start();
    try {
      assertThat(process.waitFor()).isZero();
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private void assertNothingLeft() throws IOException {
    assertThat(MountTable.read().under(directory)).isEmpty();
    assertThat(directory).isEmptyDirectory();
  }

  private static Object inode(Path path) throws IOException {
    return Files.getAttribute(path, "unix:ino");
  }
}
