package io.jukung.cli.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cli.command.CliEnvironment;
import io.jukung.cli.command.CliException;
import io.jukung.cli.command.Connection;
import io.jukung.cli.command.ExitCode;
import io.jukung.cli.command.Lookup;
import io.jukung.cli.container.ContainerTeardown;
import io.jukung.cli.image.ImagePull;
import io.jukung.cli.pod.PodTeardown;
import io.jukung.cli.text.Json;
import io.jukung.cli.text.ShortId;
import io.jukung.client.v1.PullRequest;
import io.jukung.cri.client.OwnContainers;
import io.jukung.cri.v1.AuthConfig;
import io.jukung.cri.v1.Container;
import io.jukung.cri.v1.ContainerConfig;
import io.jukung.cri.v1.ContainerFilter;
import io.jukung.cri.v1.CreateContainerRequest;
import io.jukung.cri.v1.ImageSpec;
import io.jukung.cri.v1.ImageStatusRequest;
import io.jukung.cri.v1.ImageStatusResponse;
import io.jukung.cri.v1.ListContainersRequest;
import io.jukung.cri.v1.PodSandboxConfig;
import io.jukung.cri.v1.RunPodSandboxRequest;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.regex.Pattern;

/** Makes a container in a pod of its own, as {@code run} and {@code create} do. */
final class ContainerMaker {
  private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}");

  private final RunOptions options;
  private final CliEnvironment environment;

  ContainerMaker(RunOptions options, CliEnvironment environment) {
    this.options = options;
    this.environment = environment;
  }

  /** A container that was made and not started, and its pod. */
  record Made(String podId, String id, RunRequest request, VolumesOfRun volumes) {}

  /**
   * Refuses a name that no container can have.
   *
   * @throws CliException with the exit code for wrong usage
   */
  static void checkName(RunOptions options) {
    if (options.name != null && !NAME.matcher(options.name).matches()) {
      throw CliException.usage(
          "not a name: \"" + options.name + "\" (letters, digits, _ . -, at most 63)");
    }
  }

  /** Makes the container, after its image was pulled where the options say so. */
  Made make(Connection connection) throws IOException {
    String name = name(connection);
    var request = RunRequest.of(options, name, UUID.randomUUID().toString(), environment);
    PodSandboxConfig.Builder draft = request.sandbox().toBuilder();
    // Both configurations are made before an image is pulled, because making them finds every
    // error in the options.
    ContainerConfig.Builder container = request.container();
    options.node.addFromDaemon(connection, container, NetworkArguments.owner(options));
    String imageId = image(connection);
    JsonNode imageSpec = imageSpec(connection, imageId);
    container.getImageBuilder().setImage(imageId);
    request.addFromImage(draft, container, imageSpec.path("config"));
    PodSandboxConfig pod = draft.build();

    String podId =
        connection
            .runtime(Connection.CHANGE)
            .runPodSandbox(
                RunPodSandboxRequest.newBuilder()
                    .setConfig(pod)
                    .setRuntimeHandler(options.node.runtime)
                    .build())
            .getPodSandboxId();
    VolumesOfRun volumes = new VolumesOfRun(connection);
    boolean made = false;
    boolean named = false;
    try {
      if (options.idFile != null) {
        claim(options.idFile);
        named = true;
      }
      volumes.addTo(container, request.mounts());
      String id =
          connection
              .runtime(Connection.CHANGE)
              .createContainer(
                  CreateContainerRequest.newBuilder()
                      .setPodSandboxId(podId)
                      .setConfig(container)
                      .setSandboxConfig(pod)
                      .build())
              .getContainerId();
      if (options.idFile != null) {
        Files.writeString(environment.absolute(options.idFile), id);
      }
      made = true;
      return new Made(podId, id, request, volumes);
    } finally {
      if (!made) {
        discard(connection, podId, request, volumes);
      }
      if (!made && named) {
        Files.deleteIfExists(environment.absolute(Objects.requireNonNull(options.idFile)));
      }
    }
  }

  /** Makes the file for the ID, so that no other container is named in it. */
  private void claim(Path idFile) throws IOException {
    try {
      Files.createFile(environment.absolute(idFile));
    } catch (FileAlreadyExistsException e) {
      throw CliException.withExitCode(
          ExitCode.USAGE, "--cidfile " + idFile + " exists, remove it or name another file");
    }
  }

  /** Removes the pod with its container, their log and the container's anonymous volumes. */
  static void discard(
      Connection connection, String podId, RunRequest request, VolumesOfRun volumes) {
    PodTeardown.remove(connection, podId);
    volumes.removeAnonymous();
    ContainerTeardown.removeLogs(request.logFile());
  }

  private String name(Connection connection) {
    if (options.name == null) {
      return OwnContainers.generatedName(options.image);
    }
    var sameName =
        ListContainersRequest.newBuilder()
            .setFilter(
                ContainerFilter.newBuilder().putLabelSelector(OwnContainers.LABEL, options.name))
            .build();
    List<Container> others = connection.runtime().listContainers(sameName).getContainersList();
    if (!others.isEmpty()) {
      throw CliException.withExitCode(
          ExitCode.USAGE,
          "the name "
              + options.name
              + " is in use by container "
              + ShortId.of(others.getFirst().getId()));
    }
    return options.name;
  }

  /** The image's document, as the daemon tells it; empty if it does not. */
  private static JsonNode imageSpec(Connection connection, String imageId) {
    var info =
        connection
            .images()
            .imageStatus(
                ImageStatusRequest.newBuilder()
                    .setImage(ImageSpec.newBuilder().setImage(imageId))
                    .setVerbose(true)
                    .build())
            .getInfoMap();
    return Json.parse(info.getOrDefault("info", "{}")).path("imageSpec");
  }

  /** Returns the ID of the image, which is pulled where the options say so. */
  private String image(Connection connection) {
    if (options.platform != null) {
      return imageOf(options.platform, connection);
    }
    if (options.pull != RunOptions.PullPolicy.ALWAYS) {
      ImageStatusResponse here =
          connection
              .images()
              .imageStatus(
                  ImageStatusRequest.newBuilder()
                      .setImage(
                          ImageSpec.newBuilder().setImage(Lookup.image(connection, options.image)))
                      .build());
      if (here.hasImage()) {
        return here.getImage().getId();
      }
      if (options.pull == RunOptions.PullPolicy.NEVER) {
        throw CliException.withExitCode(
            ExitCode.USAGE,
            "image " + options.image + " is not here, and --pull never forbids to pull it");
      }
    }
    return ImagePull.pull(connection, shown(), options.image, AuthConfig.getDefaultInstance());
  }

  private CliEnvironment shown() {
    return options.quiet ? environment.quiet() : environment;
  }

  private String imageOf(String platform, Connection connection) {
    PullRequest.Policy policy =
        switch (options.pull) {
          case ALWAYS -> PullRequest.Policy.ALWAYS;
          case MISSING -> PullRequest.Policy.IF_MISSING;
          case NEVER -> PullRequest.Policy.NEVER;
        };
    PullRequest.Builder request =
        ImagePull.request(Lookup.image(connection, options.image), AuthConfig.getDefaultInstance());
    return ImagePull.pull(
        connection, shown(), request.setPlatform(platform).setPolicy(policy).build());
  }
}
