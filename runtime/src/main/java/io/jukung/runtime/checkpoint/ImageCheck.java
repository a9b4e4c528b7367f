package io.jukung.runtime.checkpoint;

import com.google.protobuf.InvalidProtocolBufferException;
import io.jukung.cri.CriException;
import io.jukung.linux.process.Capability;
import io.jukung.linux.seccomp.Filter;
import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compares the images of an archive with the specification of the container that they are to be
 * restored in. CRIU would do what the images say with the rights of root: namespaces, users,
 * capabilities, seccomp filters, mounts and kinds of descriptors must be such that the container
 * could have come to have them by itself. The numbers of fields are those of images/*.proto of
 * CRIU.
 */
final class ImageCheck {
  private static final Pattern TASK = Pattern.compile("(core|ids)-[0-9]+\\.img");
  private static final Pattern MOUNTS = Pattern.compile("mountpoints-[0-9]+\\.img");

  /**
   * The images that CRIU makes of a container whose namespaces of network, IPC and UTS are the
   * pod's (criu/image-desc.c of CRIU). Others could do things that are not checked.
   */
  private static final Pattern KNOWN =
      Pattern.compile(
          "(core|ids|mm|pagemap|pages|fs|fdinfo|mountpoints|timens)-[0-9]{1,20}\\.img"
              + "|(pagemap-shmem|tcp-stream|ghost-file)-[0-9a-f]{1,20}\\.img"
              + "|(inventory|pstree|files|seccomp|cgroup|pipes-data|fifo-data|sk-queues|remap-fpath"
              + "|memfd|filelocks|eventpoll-tfd|inotify-wd)\\.img");

  /** Fields of task_kobj_ids_entry: the namespaces, and what they are called. */
  private static final Map<Integer, String> NAMESPACES =
      Map.of(
          5, "pid",
          6, "network",
          7, "IPC",
          8, "UTS",
          9, "mount",
          10, "user",
          11, "cgroup",
          12, "time");

  private static final List<Integer> OWN = List.of(5, 9);
  private static final List<Integer> THE_PODS = List.of(6, 7, 8, 10);

  /** fd_types that a container can have without rights beyond its own (images/fdinfo.proto). */
  private static final Map<Long, String> FILES =
      Map.ofEntries(
          Map.entry(1L, "file"),
          Map.entry(2L, "pipe"),
          Map.entry(3L, "FIFO"),
          Map.entry(4L, "internet socket"),
          Map.entry(5L, "unix socket"),
          Map.entry(6L, "eventfd"),
          Map.entry(7L, "epoll"),
          Map.entry(8L, "inotify"),
          Map.entry(9L, "signalfd"),
          Map.entry(17L, "timerfd"),
          Map.entry(18L, "memfd"),
          Map.entry(20L, "pidfd"));

  private static final long SOCK_STREAM = 1;
  private static final long SOCK_DGRAM = 2;
  private static final long SECCOMP_MODE_FILTER = 2;
  private static final int MAX_FILTERS = 4096;

  /** sched(7): SCHED_OTHER, SCHED_BATCH, SCHED_IDLE. */
  private static final List<Long> POLICIES = List.of(0L, 3L, 5L);

  private final Spec spec;
  private final @Nullable Filter filter;
  private final long available;
  private final long bounding;
  private final long own;

  /**
   * @param filter the compiled seccomp profile of the specification; null: it has none
   * @param available the capabilities that no container can exceed, as bits
   */
  ImageCheck(Spec spec, @Nullable Filter filter, long available) {
    this.spec = spec;
    this.filter = filter;
    this.available = available;
    Spec.Capabilities all = spec.process().capabilities();
    this.bounding = available & mask(all.bounding());
    // A process of root gets what is in its bounding set by an execve, another one only what is
    // ambient (capabilities(7)).
    this.own = spec.process().user().uid() == 0 ? bounding : available & mask(all.ambient());
  }

  private static long mask(List<String> names) {
    return Capability.mask(
        names.stream().map(Capability::named).flatMap(Optional::stream).toList());
  }

  /**
   * Checks all images in a directory.
   *
   * @throws CriException FAILED_PRECONDITION with what is wrong
   */
  void check(Path images) throws IOException {
    try {
      checkAll(images);
    } catch (InvalidProtocolBufferException e) {
      throw refused("one of its images is damaged: " + e.getMessage());
    }
  }

  private void checkAll(Path images) throws IOException {
    namespaces(images);
    List<ProtoMessage> filters = filters(images);
    for (Path image : named(images, TASK)) {
      if (image.getFileName().toString().startsWith("core-")) {
        for (ProtoMessage core : CriuImage.read(image)) {
          task(core, filters);
        }
      }
    }
    for (ProtoMessage file : CriuImage.read(images.resolve("files.img"))) {
      file(file);
    }
    List<Path> mounts = named(images, MOUNTS);
    if (mounts.size() != 1) {
      throw refused("it has " + mounts.size() + " lists of mounts");
    }
    new MountCheck(spec).check(CriuImage.read(mounts.getFirst()));
  }

  private static List<Path> named(Path directory, Pattern name) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(each -> name.matcher(each.getFileName().toString()).matches())
          .sorted()
          .toList();
    }
  }

  // ── namespaces ─────────────────────────────────────────────────────────────────────────────

  /**
   * The pid and mount namespace must be other ones than those that CRIU had when it made the
   * images: for equal ones, a restored process would stay in CRIU's own, with the files of the
   * node. The pod's must be CRIU's, which is started in them.
   */
  private static void namespaces(Path images) throws IOException {
    List<ProtoMessage> inventory = CriuImage.read(images.resolve("inventory.img"));
    if (inventory.size() != 1) {
      throw refused("it has no single inventory");
    }
    ProtoMessage own = inventory.getFirst().message(3);
    Map<Integer, Long> first = new HashMap<>();
    for (Path image : named(images, TASK)) {
      boolean core = image.getFileName().toString().startsWith("core-");
      for (ProtoMessage each : CriuImage.read(image)) {
        if (!core) {
          namespaces(each, own, first);
        } else if (each.has(4)) {
          namespaces(each.message(4), own, first);
        }
      }
    }
    if (first.isEmpty()) {
      throw refused("it says nothing of namespaces");
    }
  }

  private static void namespaces(ProtoMessage ids, ProtoMessage own, Map<Integer, Long> first)
      throws IOException {
    for (int field : NAMESPACES.keySet()) {
      long id = ids.number(field, 0);
      if (!first.computeIfAbsent(field, _ -> id).equals(id)) {
        throw refused("its processes are in several " + NAMESPACES.get(field) + " namespaces");
      }
    }
    for (int field : OWN) {
      if (ids.number(field, 0) == 0 || ids.number(field, 0) == own.number(field, 0)) {
        throw refused("it has no " + NAMESPACES.get(field) + " namespace of its own");
      }
    }
    for (int field : THE_PODS) {
      if (ids.number(field, 0) != own.number(field, 0)) {
        throw refused("it has a " + NAMESPACES.get(field) + " namespace of its own");
      }
    }
  }

  // ── processes ──────────────────────────────────────────────────────────────────────────────

  private void task(ProtoMessage core, List<ProtoMessage> filters) throws IOException {
    if (core.has(3)) {
      ProtoMessage task = core.message(3);
      if (task.has(11) || task.has(12)) {
        throw refused("it is of a CRIU before 3.0");
      }
      oomScore(task);
    }
    ProtoMessage thread = core.message(5);
    ProtoMessage credentials = thread.message(10);
    capabilities(credentials);
    users(credentials);
    labels(credentials);
    if (spec.process().noNewPrivileges() && credentials.number(18, 0) != 1) {
      throw refused("a process may gain privileges (no_new_privs is not set)");
    }
    long policy = thread.number(4, 0);
    if (!POLICIES.contains(policy) && (own & Capability.CAP_SYS_NICE.mask()) == 0) {
      throw refused("a process has the scheduling policy " + policy);
    }
    seccomp(thread, filters);
  }

  private void oomScore(ProtoMessage task) throws IOException {
    Integer asked = spec.process().oomScoreAdj();
    int score = (int) task.number(14, 0);
    if (score < Math.min(0, asked == null ? 0 : asked)) {
      throw refused("a process has the oom_score_adj " + score);
    }
  }

  /** The sets are arrays of 32 bits each, the lowest first. */
  private void capabilities(ProtoMessage credentials) throws IOException {
    for (int field : List.of(9, 10, 11, 12, 19)) {
      long set = 0;
      List<Long> words = credentials.numbers(field);
      for (int i = 0; i < words.size(); i++) {
        long word = words.get(i) & 0xFFFF_FFFFL;
        if (i > 1 && word != 0) {
          throw refused("a process has capabilities that the kernel does not know");
        }
        set |= i > 1 ? 0 : word << (Integer.SIZE * i);
      }
      long more = set & ~allowed(field);
      if (more != 0) {
        throw refused(
            "a process has capabilities that the container does not have: " + names(more));
      }
      if (field == 12 && words.isEmpty()) {
        throw refused("a process has no set of capabilities");
      }
    }
  }

  private long allowed(int field) {
    return switch (field) {
      case 9 -> own | (available & mask(spec.process().capabilities().inheritable()));
      case 12 -> bounding;
      default -> own;
    };
  }

  private static Set<String> names(long set) {
    TreeSet<String> names = new TreeSet<>();
    for (Capability each : Capability.all()) {
      if ((set & each.mask()) != 0) {
        names.add(each.name());
      }
    }
    return names;
  }

  /**
   * A container that starts as root may have become anybody. Another one stays who it is, unless it
   * has the capabilities to change that.
   */
  private void users(ProtoMessage credentials) throws IOException {
    Spec.User user = spec.process().user();
    if (user.uid() != 0 && (own & Capability.CAP_SETUID.mask()) == 0) {
      for (int field : List.of(1, 3, 5, 7)) {
        if ((int) credentials.number(field, 0) != user.uid()) {
          throw refused(
              "a process is of user %d, and the container of user %d"
                  .formatted(credentials.number(field, 0), user.uid()));
        }
      }
    }
    if (user.uid() != 0 && (own & Capability.CAP_SETGID.mask()) == 0) {
      for (int field : List.of(2, 4, 6, 8)) {
        group(user, credentials.number(field, 0));
      }
      for (long group : credentials.numbers(14)) {
        group(user, group);
      }
    }
  }

  private static void group(Spec.User user, long group) {
    if ((int) group != user.gid() && !user.additionalGids().contains((int) group)) {
      throw refused("a process has the group " + group + ", and the container has not");
    }
  }

  private void labels(ProtoMessage credentials) throws IOException {
    String apparmor = spec.process().apparmorProfile();
    String selinux = spec.process().selinuxLabel();
    if (apparmor != null || selinux != null || credentials.has(16) || credentials.has(17)) {
      throw refused(
          "the container has a profile of AppArmor or a label of SELinux, which is not implemented");
    }
    String label = credentials.text(15);
    if (!label.isEmpty() && !label.equals("unconfined")) {
      throw refused("a process has the label " + label);
    }
  }

  // ── seccomp ────────────────────────────────────────────────────────────────────────────────

  private static List<ProtoMessage> filters(Path images) throws IOException {
    Path file = images.resolve("seccomp.img");
    if (!Files.exists(file)) {
      return List.of();
    }
    List<ProtoMessage> entries = CriuImage.read(file);
    if (entries.size() != 1) {
      throw refused("it has " + entries.size() + " lists of seccomp filters");
    }
    return entries.getFirst().messages(1);
  }

  /** The filter that was loaded first must be that of the specification, byte for byte. */
  private void seccomp(ProtoMessage thread, List<ProtoMessage> filters) throws IOException {
    if (filter == null) {
      return;
    }
    long at = thread.number(11, 0) == SECCOMP_MODE_FILTER ? thread.number(12, -1) : -1;
    if (at < 0) {
      throw refused("a process has no seccomp filter");
    }
    for (int steps = 0; steps < MAX_FILTERS && at < filters.size(); steps++) {
      ProtoMessage each = filters.get((int) at);
      if (!each.has(2)) {
        if (!Arrays.equals(each.bytes(1).getLast(), filter.instructions())) {
          throw refused("its seccomp filter is not that of the container's profile");
        }
        return;
      }
      at = each.number(2, 0);
    }
    throw refused("its seccomp filters do not fit together");
  }

  // ── descriptors ────────────────────────────────────────────────────────────────────────────

  private static void file(ProtoMessage file) throws IOException {
    long type = file.number(1, 0);
    if (!FILES.containsKey(type)) {
      throw refused("it has a descriptor of the kind " + type + " (fd_types of CRIU)");
    }
    if (file.has(4)) {
      long socket = file.message(4).number(4, 0);
      if (socket != SOCK_STREAM && socket != SOCK_DGRAM) {
        throw refused("it has a raw socket");
      }
    }
  }

  static CriException refused(String why) {
    return CriException.failedPrecondition(
        "the checkpoint cannot be restored in this container: " + why);
  }

  /** A name of the images that are read; see {@link ArchiveNames}. */
  static boolean isKnown(String name) {
    return KNOWN.matcher(name).matches();
  }
}
