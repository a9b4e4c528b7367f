package io.jukung.image.dockerfile;

import java.util.List;
import java.util.Optional;

/**
 * A stage of a build: what begins with FROM.
 *
 * @param name in lower case; empty for a stage without a name
 * @param base the image or stage that it begins with, as written
 * @param platform as written; empty for that of the build
 * @param instructions those after FROM
 * @param line the number of FROM's line
 */
public record Stage(
    Optional<String> name,
    String base,
    Optional<String> platform,
    List<Instruction> instructions,
    int line) {}
