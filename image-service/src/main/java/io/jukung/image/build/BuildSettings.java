package io.jukung.image.build;

import java.util.List;
import java.util.Map;

/**
 * What a build is asked for.
 *
 * @param dockerfile the text
 * @param tags the names of the new image, complete
 * @param arguments values for ARG instructions
 * @param target the stage to be built, by its name or number; empty: the last one
 * @param noCache whether every step is carried out
 * @param pull whether images of FROM are pulled although they are here
 * @param labels labels of the new image
 * @param network the network of RUN instructions that do not name one
 */
public record BuildSettings(
    String dockerfile,
    List<String> tags,
    Map<String, String> arguments,
    String target,
    boolean noCache,
    boolean pull,
    Map<String, String> labels,
    CommandRunner.Network network) {}
