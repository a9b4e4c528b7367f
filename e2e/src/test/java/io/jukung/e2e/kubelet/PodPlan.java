package io.jukung.e2e.kubelet;

import java.nio.file.Path;
import java.util.List;

/**
 * What a pod consists of, as far as {@link SmallKubelet} knows.
 *
 * @param init containers that run one after another before the others
 * @param restart whether containers that have ended start again
 */
record PodPlan(
    String name, String uid, List<ContainerPlan> init, List<ContainerPlan> main, boolean restart) {

  /**
   * A container.
   *
   * @param sidecar whether an init container goes on beside the main ones
   * @param volumes directories of the node that the container sees at the same paths
   * @param postStart the command to run after the start; empty for none
   * @param preStop the command to run before the stop; empty for none
   */
  record ContainerPlan(
      String name,
      String image,
      List<String> command,
      boolean sidecar,
      List<Path> volumes,
      List<String> postStart,
      List<String> preStop) {
    ContainerPlan asSidecar() {
      return new ContainerPlan(name, image, command, true, volumes, postStart, preStop);
    }

    ContainerPlan withVolume(Path volume) {
      return new ContainerPlan(name, image, command, sidecar, List.of(volume), postStart, preStop);
    }

    ContainerPlan withHooks(List<String> afterStart, List<String> beforeStop) {
      return new ContainerPlan(name, image, command, sidecar, volumes, afterStart, beforeStop);
    }
  }

  static ContainerPlan shell(String name, String image, String script) {
    return new ContainerPlan(
        name, image, List.of("sh", "-c", script), false, List.of(), List.of(), List.of());
  }
}
