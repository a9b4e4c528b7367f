package io.jukung.runtime.launch;

import io.jukung.runtime.spec.Spec;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a launch mounts for a runtime of the OCI before it executes the runtime, in a mount
 * namespace that only the runtime sees.
 *
 * @param root the container's root file system, at {@link LaunchCompiler#rootMountPoint}
 * @param volumes the volumes that a runtime cannot mount itself
 * @param label the SELinux label of new file systems that keep files; null for none
 */
public record RuntimeFiles(Overlay root, List<Volume> volumes, @Nullable String label) {
  public RuntimeFiles {
    volumes = List.copyOf(volumes);
  }

  /**
   * A volume that the runtime binds into the container.
   *
   * @param mount the file system; its destination serves error texts only
   * @param mountPoint an existing directory of the node, where the launch mounts the file system
   */
  public record Volume(Spec.Mount mount, Path mountPoint) {}
}
