package io.jukung.image.dockerfile;

import java.util.List;
import java.util.Map;

/**
 * A Dockerfile.
 *
 * @param directives what the comments at its top ask of the parser: syntax, escape, check
 * @param escape the character that continues lines and takes the meaning from the next one
 * @param globalArguments the ARG instructions before the first stage
 * @param stages in their order; at least one
 */
public record Dockerfile(
    Map<String, String> directives,
    char escape,
    List<Instruction> globalArguments,
    List<Stage> stages) {}
