package io.jukung.image.build;

import io.jukung.image.credentials.Credentials;
import io.jukung.image.manifest.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a build is asked for.
 *
 * @param dockerfile the text
 * @param tags the names of the new image, complete
 * @param arguments values for ARG instructions
 * @param target the stage to be built, by its name or number; empty: the last one
 * @param platforms what the image is built for, at least one
 * @param noCache whether every step is carried out
 * @param pull whether images of FROM are pulled although they are here
 * @param labels labels of the new image
 * @param network the network of RUN instructions that do not name one
 * @param output where the result goes
 * @param importedCaches names of caches in registries whose steps are taken
 * @param exportedCache where the steps go; empty: they stay here
 * @param credentials for registries of images that the Dockerfile names, each with its server's
 *     address; for other registries the node's own are used
 */
public record BuildSettings(
    String dockerfile,
    List<String> tags,
    Map<String, String> arguments,
    String target,
    List<Platform> platforms,
    boolean noCache,
    boolean pull,
    Map<String, String> labels,
    CommandRunner.Network network,
    BuildOutput output,
    List<String> importedCaches,
    Optional<CacheExport> exportedCache,
    List<Credentials> credentials) {
  /**
   * An export of steps.
   *
   * @param name in a registry
   * @param allStages whether steps are exported whose layers are not in the image
   * @param ignoresErrors whether a failure is a warning
   */
  public record CacheExport(String name, boolean allStages, boolean ignoresErrors) {}
}
