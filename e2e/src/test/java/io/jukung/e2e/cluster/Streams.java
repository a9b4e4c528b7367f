package io.jukung.e2e.cluster;

import io.fabric8.kubernetes.client.dsl.ContainerResource;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Commands that run in containers through the API server. */
final class Streams {
  private Streams() {}

  /**
   * Runs a command and returns its output.
   *
   * @param container null for the only container of the pod
   */
  static String exec(PodResource pod, @Nullable String container, String... command)
      throws Exception {
    ContainerResource resource = container == null ? pod : pod.inContainer(container);
    ByteArrayOutputStream stdout = new ByteArrayOutputStream();
    ByteArrayOutputStream stderr = new ByteArrayOutputStream();
    try (ExecWatch watch = resource.writingOutput(stdout).writingError(stderr).exec(command)) {
      int code = watch.exitCode().get(Cluster.PATIENCE.toSeconds(), TimeUnit.SECONDS);
      if (code != 0) {
        throw new AssertionError(
            String.join(" ", command) + " ended with " + code + ": " + stderr + stdout);
      }
      return stdout.toString(StandardCharsets.UTF_8);
    }
  }
}
