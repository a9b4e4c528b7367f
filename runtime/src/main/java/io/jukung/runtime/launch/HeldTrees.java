package io.jukung.runtime.launch;

import io.jukung.linux.launch.ProgramBuilder;
import io.jukung.linux.launch.Register;
import io.jukung.runtime.spec.Spec;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The volumes of a container that are opened first and mounted later, each with its register. Those
 * with propagation are opened before the launch's mounts become slaves of the host's. Those on
 * files in /proc are mounted by the confine program, which cannot see the host's paths.
 */
final class HeldTrees {
  private static final int FIRST = MountSteps.USERS + 1;
  private static final int MAX = Register.COUNT - FIRST;
  private static final Path PROC = Path.of("/proc");

  private final Map<Spec.Mount, Integer> registers = new LinkedHashMap<>();

  private HeldTrees() {}

  /** The held trees of the container. The same specification always has the same registers. */
  static HeldTrees of(Spec spec) {
    HeldTrees trees = new HeldTrees();
    for (Spec.Mount mount : spec.mounts()) {
      if (isVolume(mount) && (isInProc(mount) || hasPropagation(mount))) {
        if (trees.registers.size() == MAX) {
          throw new IllegalArgumentException(
              "the container has more than " + MAX + " mounts with propagation or in /proc");
        }
        trees.registers.putIfAbsent(mount, FIRST + trees.registers.size());
      }
    }
    return trees;
  }

  private static boolean isVolume(Spec.Mount mount) {
    return mount.type().equals("bind");
  }

  private static boolean hasPropagation(Spec.Mount mount) {
    return MountOptions.parse(mount.options()).propagation() != MountOptions.MS_PRIVATE;
  }

  /** Whether the volume's target is a file of the container's proc file system. */
  static boolean isInProc(Spec.Mount mount) {
    Path destination = Path.of(mount.destination());
    return isVolume(mount) && destination.startsWith(PROC) && !destination.equals(PROC);
  }

  /** Opens every tree. */
  void open(MountSteps mounts) {
    registers.forEach(mounts::hold);
  }

  /** The register of the mount's tree; null if it is not held. */
  @Nullable Integer register(Spec.Mount mount) {
    return registers.get(mount);
  }

  /** Keeps the trees for /proc open in the confine program. */
  void inherit(ProgramBuilder confine) {
    registers.forEach(
        (mount, register) -> {
          if (isInProc(mount)) {
            confine.inherit(register);
          }
        });
  }
}
