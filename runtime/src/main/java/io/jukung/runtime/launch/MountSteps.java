package io.jukung.runtime.launch;

import static io.jukung.linux.fs.OpenFlags.AT_EMPTY_PATH;
import static io.jukung.linux.fs.OpenFlags.AT_RECURSIVE;
import static io.jukung.linux.fs.OpenFlags.O_CLOEXEC;
import static io.jukung.linux.fs.OpenFlags.O_DIRECTORY;
import static io.jukung.linux.fs.OpenFlags.O_PATH;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_IN_ROOT;
import static io.jukung.linux.fs.OpenFlags.RESOLVE_NO_MAGICLINKS;
import static io.jukung.linux.launch.ProgramBuilder.imm;
import static io.jukung.linux.launch.ProgramBuilder.reg;
import static io.jukung.linux.mount.MountFlags.FSCONFIG_CMD_CREATE;
import static io.jukung.linux.mount.MountFlags.FSCONFIG_SET_FLAG;
import static io.jukung.linux.mount.MountFlags.FSCONFIG_SET_STRING;
import static io.jukung.linux.mount.MountFlags.FSMOUNT_CLOEXEC;
import static io.jukung.linux.mount.MountFlags.FSOPEN_CLOEXEC;
import static io.jukung.linux.mount.MountFlags.MNT_DETACH;
import static io.jukung.linux.mount.MountFlags.MOUNT_ATTR_IDMAP;
import static io.jukung.linux.mount.MountFlags.MOVE_MOUNT_F_EMPTY_PATH;
import static io.jukung.linux.mount.MountFlags.OPEN_TREE_CLONE;

import io.jukung.linux.Errno;
import io.jukung.linux.fs.Fd;
import io.jukung.linux.launch.Arg;
import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.linux.libc.Syscall;
import io.jukung.runtime.spec.RootfsTargets;
import io.jukung.runtime.spec.Spec;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The steps that mount, with the mount API of Linux 5.2: they make a detached mount, open the
 * target inside the root file system, and attach the mount to the target. No step follows a path
 * that the container controls out of the container's root.
 */
final class MountSteps {
  /** The register with a descriptor of the container's root file system. */
  static final int ROOT = Register.FIRST_FREE;

  private static final int CONTEXT = Register.FIRST_FREE + 1;
  static final int MOUNT = Register.FIRST_FREE + 2;
  private static final int TARGET = Register.FIRST_FREE + 3;

  /** The register with a descriptor of the container's user namespace, if it has one. */
  static final int USERS = Register.FIRST_FREE + 8;

  private static final String LAYER = "lowerdir+=";

  /** File systems that have no labels of their own, so that the whole mount gets one. */
  private static final Set<String> LABELLED = Set.of("tmpfs", "devpts", "overlay");

  private final ProgramBuilder program;
  private final @Nullable UserNamespaceSteps users;
  private final @Nullable String label;
  private final TargetSteps targets;

  MountSteps(ProgramBuilder program) {
    this(program, null, null);
  }

  /**
   * Steps of a prepare program.
   *
   * @param users the container's user namespace, which is open in {@link #USERS}; null for the
   *     host's user namespace
   * @param label the SELinux label for new file systems that keep files; null for none
   */
  MountSteps(ProgramBuilder program, @Nullable UserNamespaceSteps users, @Nullable String label) {
    this.program = program;
    this.users = users;
    this.label = label;
    this.targets = new TargetSteps(program, users);
  }

  /** Mounts the overlay on the directory, and keeps a descriptor of it in {@link #ROOT}. */
  void overlay(Overlay overlay, Path mountPoint) {
    String purpose = "mount the root file system";
    if (users != null) {
      overlay.lowerDirectories().forEach(this::mapLayer);
    }
    open(purpose, "overlay");
    for (Path layer : overlay.lowerDirectories()) {
      set(purpose, "lowerdir+", layer.toString());
    }
    set(purpose, "upperdir", overlay.upper().toString());
    set(purpose, "workdir", overlay.work().toString());
    // After a restart an upper directory may find its layers with other inode numbers, which an
    // index would refuse.
    set(purpose, "index", "off");
    setLabel(purpose);
    create(purpose, 0, ROOT);
    attach(purpose, ROOT, mountPoint);
    if (users != null) {
      overlay.lowerDirectories().forEach(this::unmapLayer);
    }
  }

  /**
   * Mounts an id-mapped clone of the layer on the layer itself, as overlayfs takes its layers by
   * path. Only this thread's mount namespace sees the mount.
   */
  private void mapLayer(Path layer) {
    String purpose = "map the ids of layer " + layer;
    program
        .step(
            purpose,
            Syscall.OPEN_TREE,
            imm(Fd.AT_FDCWD),
            program.string(layer.toString()),
            imm(OPEN_TREE_CLONE | O_CLOEXEC))
        .into(MOUNT);
    mapIds(purpose, MOUNT);
    attach(purpose, MOUNT, layer);
    close(MOUNT);
  }

  /**
   * Removes the id-mapped clone. The overlay keeps its own reference, and a volume that contains
   * the layers must show them as they are.
   */
  private void unmapLayer(Path layer) {
    program.step(
        "unmount the mapped layer",
        Syscall.UMOUNT2,
        program.string(layer.toString()),
        imm(MNT_DETACH));
  }

  private void mapIds(String purpose, int register) {
    program.step(
        purpose,
        Syscall.MOUNT_SETATTR,
        reg(register),
        program.string(""),
        imm(AT_EMPTY_PATH | AT_RECURSIVE),
        program.wordsWithRegister("{set=IDMAP, userns}", 3, USERS, MOUNT_ATTR_IDMAP, 0, 0, 0),
        imm(32));
  }

  /** Mounts a file system or clones a tree, and attaches it to its target in {@link #ROOT}. */
  void mount(Spec.Mount mount) {
    MountOptions options = MountOptions.parse(mount.options());
    String purpose = purpose(mount);
    if (mount.type().equals("bind")) {
      targets.coverWithVolume(mount.destination());
      cloneTree(purpose, mount.source(), options, MOUNT);
      restrictTree(purpose, options, MOUNT);
    } else {
      newFileSystem(purpose, mount, options);
    }
    if (mount.type().equals("proc")) {
      targets.putOnRealPath(purpose, mount.destination(), MOUNT, TargetSteps.Kind.DIRECTORY);
    } else {
      targets.put(purpose, mount.destination(), MOUNT, kind(mount));
    }
  }

  /**
   * Clones a tree before the thread's mounts become slaves, so that mounts that the container makes
   * in a shared volume propagate to the host.
   */
  void hold(Spec.Mount mount, int register) {
    MountOptions options = MountOptions.parse(mount.options());
    cloneTree("open " + mount.source(), mount.source(), options, register);
  }

  /** Gives a tree that {@link #hold} has cloned its options. */
  void restrictHeld(Spec.Mount mount, int register) {
    restrictTree(purpose(mount), MountOptions.parse(mount.options()), register);
  }

  /** Attaches a tree that {@link #hold} has cloned. */
  void putHeld(Spec.Mount mount, int register) {
    targets.coverWithVolume(mount.destination());
    targets.put(purpose(mount), mount.destination(), register, kind(mount));
  }

  /** As {@link #putHeld}, on a file of the container's proc file system. */
  void putHeldInProc(Spec.Mount mount, int register) {
    targets.putInProc(purpose(mount), mount.destination(), register, kind(mount));
  }

  TargetSteps targets() {
    return targets;
  }

  private static String purpose(Spec.Mount mount) {
    return "mount " + mount.source() + " on " + mount.destination();
  }

  static TargetSteps.Kind kind(Spec.Mount mount) {
    return RootfsTargets.isDirectory(mount) ? TargetSteps.Kind.DIRECTORY : TargetSteps.Kind.FILE;
  }

  /** Mounts a directory of a file system. */
  void mountPart(Spec.Mount mount, String subdirectory, Path mountPoint) {
    String purpose =
        "mount %s of %s on %s".formatted(subdirectory, mount.source(), mount.destination());
    newFileSystem(purpose, mount, MountOptions.parse(mount.options()));
    keepPart(purpose, subdirectory, mountPoint);
    targets.put(purpose, mount.destination(), MOUNT, TargetSteps.Kind.DIRECTORY);
  }

  /** Mounts a file system, or a directory of it, on a directory of the node. */
  void volume(RuntimeFiles.Volume volume) {
    MountOptions options = MountOptions.parse(volume.mount().options());
    String purpose = purpose(volume.mount());
    newFileSystem(purpose, volume.mount(), options);
    options.subdirectory().ifPresent(part -> keepPart(purpose, part, volume.mountPoint()));
    attach(purpose, MOUNT, volume.mountPoint());
    close(MOUNT);
  }

  /**
   * Replaces the file system in {@link #MOUNT} by one of its directories. It is attached to the
   * mount point for a moment, because kernels before 6.15 cannot clone a part of a detached mount.
   */
  private void keepPart(String purpose, String subdirectory, Path mountPoint) {
    attach(purpose, MOUNT, mountPoint);
    program
        .step(
            purpose,
            Syscall.OPENAT2,
            reg(MOUNT),
            program.string(subdirectory),
            TargetSteps.openHow(
                program, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS),
            imm(24))
        .into(TARGET);
    close(MOUNT);
    cloneOpened(purpose, TARGET);
    close(TARGET);
    program.step(purpose, Syscall.UMOUNT2, program.string(mountPoint.toString()), imm(MNT_DETACH));
  }

  private void newFileSystem(String purpose, Spec.Mount mount, MountOptions options) {
    String type = mount.type().equals("cgroup") ? "cgroup2" : mount.type();
    List<Path> layers = users == null || !type.equals("overlay") ? List.of() : layers(options);
    layers.forEach(this::mapLayer);
    open(purpose, type);
    set(purpose, "source", mount.source());
    for (String option : users == null ? options.data() : users.options(mount, options.data())) {
      int equals = option.indexOf('=');
      if (equals < 0) {
        program.step(
            purpose,
            Syscall.FSCONFIG,
            reg(CONTEXT),
            imm(FSCONFIG_SET_FLAG),
            program.string(option),
            imm(0),
            imm(0));
      } else {
        set(purpose, option.substring(0, equals), option.substring(equals + 1));
      }
    }
    if (LABELLED.contains(type)) {
      setLabel(purpose);
    }
    create(purpose, options.attributes(), MOUNT);
    if (type.equals("mqueue")) {
      labelRoot(purpose);
    }
    layers.forEach(this::unmapLayer);
    if (users != null) {
      users.ownFileSystem(mount, MOUNT);
    }
  }

  private static List<Path> layers(MountOptions options) {
    return options.data().stream()
        .filter(option -> option.startsWith(LAYER))
        .map(option -> Path.of(option.substring(LAYER.length())))
        .toList();
  }

  private void setLabel(String purpose) {
    if (label != null) {
      set(purpose, "context", label);
    }
  }

  /**
   * Labels the root of a file system that takes no label as an option, because it already exists,
   * as the pod's message queues do.
   */
  private void labelRoot(String purpose) {
    if (label == null) {
      return;
    }
    program
        .step(
            purpose, Syscall.OPENAT, reg(MOUNT), program.string("."), imm(O_DIRECTORY | O_CLOEXEC))
        .into(TARGET);
    program
        .step(
            purpose,
            Syscall.FSETXATTR,
            reg(TARGET),
            program.string("security.selinux"),
            program.string(label),
            imm(label.length()),
            imm(0))
        .tolerate(Errno.EOPNOTSUPP); // the policy has no labels for its files
    close(TARGET);
  }

  private void cloneTree(String purpose, String source, MountOptions options, int register) {
    long flags = OPEN_TREE_CLONE | O_CLOEXEC | (options.recursiveBind() ? AT_RECURSIVE : 0);
    if (options.subdirectory().isPresent()) {
      String part = options.subdirectory().get();
      openPart("find %s of %s".formatted(part, source), source, part);
      program
          .step(
              purpose,
              Syscall.OPEN_TREE,
              reg(TARGET),
              program.string(""),
              imm(flags | AT_EMPTY_PATH))
          .into(register);
      close(TARGET);
      return;
    }
    program
        .step(purpose, Syscall.OPEN_TREE, imm(Fd.AT_FDCWD), program.string(source), imm(flags))
        .into(register);
  }

  /**
   * Opens a directory of a volume in {@link #TARGET}. Containers that can write to the volume may
   * have made links in it, which lead nowhere else.
   */
  private void openPart(String purpose, String volume, String part) {
    program
        .step(
            purpose,
            Syscall.OPENAT,
            imm(Fd.AT_FDCWD),
            program.string(volume),
            imm(O_PATH | O_DIRECTORY | O_CLOEXEC))
        .into(CONTEXT);
    program
        .step(
            purpose,
            Syscall.OPENAT2,
            reg(CONTEXT),
            program.string(part),
            TargetSteps.openHow(
                program, O_PATH | O_DIRECTORY, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS),
            imm(24))
        .into(TARGET);
    close(CONTEXT);
  }

  private void restrictTree(String purpose, MountOptions options, int register) {
    setAttributes(
        purpose,
        register,
        options.recursivePropagation() ? AT_RECURSIVE : 0,
        0,
        options.propagation());
    if (options.attributes() != 0) {
      setAttributes(purpose, register, 0, options.attributes(), 0);
    }
    if (options.mapIds()) {
      mapIds(purpose + " with the ids of the user namespace", register);
    }
    if (options.recursiveReadOnly()) {
      setAttributes(purpose, register, AT_RECURSIVE, MountOptions.RDONLY, 0);
    }
  }

  private void setAttributes(
      String purpose, int register, long flags, long attributes, long propagation) {
    program.step(
        purpose,
        Syscall.MOUNT_SETATTR,
        reg(register),
        program.string(""),
        imm(AT_EMPTY_PATH | flags),
        mountAttr(program, attributes, propagation),
        imm(32));
  }

  /** The argument of mount_setattr(2) that sets these attributes and this propagation. */
  static Arg mountAttr(ProgramBuilder program, long attributes, long propagation) {
    return program.words(
        "{set=0x%x, propagation=0x%x}".formatted(attributes, propagation),
        attributes,
        0,
        propagation,
        0);
  }

  /** Makes all mounts of the thread slaves, so that nothing it mounts propagates to the host. */
  void detachFromHost() {
    program.step(
        "keep mounts from propagating to the host",
        Syscall.MOUNT_SETATTR,
        imm(Fd.AT_FDCWD),
        program.string("/"),
        imm(AT_RECURSIVE),
        mountAttr(program, 0, MountOptions.MS_SLAVE),
        imm(32));
  }

  /** Mounts an empty read-only directory, which hides masked directories, and keeps it open. */
  void mask(Path mountPoint, int register) {
    String purpose = "mount the mask for directories";
    open(purpose, "tmpfs");
    set(purpose, "size", "0");
    set(purpose, "mode", "0555");
    create(
        purpose,
        MountOptions.RDONLY | MountOptions.NOSUID | MountOptions.NODEV | MountOptions.NOEXEC,
        register);
    attach(purpose, register, mountPoint);
  }

  /**
   * Clones the tree in {@link #ROOT} and attaches the clone to the mount point. A mount namespace
   * that was copied from one with another owner has all its mounts locked to their parents, and
   * pivot_root(2) refuses locked mounts (mount_namespaces(7)).
   */
  void unlockRoot(Path mountPoint) {
    String purpose = "unlock the root file system";
    program
        .step(
            purpose,
            Syscall.OPEN_TREE,
            reg(ROOT),
            program.string(""),
            imm(AT_EMPTY_PATH | AT_RECURSIVE | OPEN_TREE_CLONE | O_CLOEXEC))
        .into(MOUNT);
    attach(purpose, MOUNT, mountPoint);
    program.step(purpose, Syscall.DUP3, reg(MOUNT), reg(ROOT), imm(O_CLOEXEC));
    close(MOUNT);
  }

  /** Shows the tree at a path of the host also at the mount point. */
  void bind(Path source, Path mountPoint) {
    String purpose = "mount " + source + " on " + mountPoint;
    cloneTree(purpose, source.toString(), MountOptions.parse(List.of("bind")), MOUNT);
    attach(purpose, MOUNT, mountPoint);
    close(MOUNT);
  }

  /**
   * Shows the mount at a path inside {@link #ROOT}, without those below it, also at a place of the
   * node.
   */
  void show(String destination, Path place) {
    String purpose = "show " + destination + " at " + place;
    targets.openInRoot(purpose, destination, O_PATH, 0, TARGET);
    cloneOpened(purpose, TARGET);
    close(TARGET);
    attach(purpose, MOUNT, place);
    close(MOUNT);
  }

  /** Puts a clone of the mount at the file that the register has open into {@link #MOUNT}. */
  private void cloneOpened(String purpose, int opened) {
    program
        .step(
            purpose,
            Syscall.OPEN_TREE,
            reg(opened),
            program.string(""),
            imm(AT_EMPTY_PATH | OPEN_TREE_CLONE | O_CLOEXEC))
        .into(MOUNT);
  }

  /** Clones the file that the register has open, and attaches the clone to the target. */
  void bindDescriptor(String purpose, int source, String destination) {
    cloneOpened(purpose, source);
    targets.put(purpose, destination, MOUNT, TargetSteps.Kind.FILE);
  }

  private void open(String purpose, String type) {
    program.step(purpose, Syscall.FSOPEN, program.string(type), imm(FSOPEN_CLOEXEC)).into(CONTEXT);
  }

  private void set(String purpose, String key, String value) {
    program.step(
        purpose,
        Syscall.FSCONFIG,
        reg(CONTEXT),
        imm(FSCONFIG_SET_STRING),
        program.string(key),
        program.string(value),
        imm(0));
  }

  private void create(String purpose, long attributes, int register) {
    program.step(
        purpose, Syscall.FSCONFIG, reg(CONTEXT), imm(FSCONFIG_CMD_CREATE), imm(0), imm(0), imm(0));
    program
        .step(purpose, Syscall.FSMOUNT, reg(CONTEXT), imm(FSMOUNT_CLOEXEC), imm(attributes))
        .into(register);
    close(CONTEXT);
  }

  private void attach(String purpose, int register, Path mountPoint) {
    program.step(
        purpose,
        Syscall.MOVE_MOUNT,
        reg(register),
        program.string(""),
        imm(Fd.AT_FDCWD),
        program.string(mountPoint.toString()),
        imm(MOVE_MOUNT_F_EMPTY_PATH));
  }

  void close(int register) {
    program.step("close", Syscall.CLOSE, reg(register)).clears(register);
  }
}
