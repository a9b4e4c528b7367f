package io.jukung.image.manifest;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an image says of the containers made from it (OCI image-spec, config.md). Text that is
 * absent is empty.
 *
 * @param user as the image has it: {@code uid}, {@code name}, {@code uid:gid}, …; not checked
 * @param volumes paths that the image declares as volumes
 * @param created as the image has it, RFC 3339; not checked
 */
public record ImageConfig(
    String user,
    List<String> env,
    List<String> entrypoint,
    List<String> cmd,
    String workingDir,
    Map<String, String> labels,
    Set<String> volumes,
    String stopSignal,
    String os,
    String architecture,
    String variant,
    String created) {
  /** Of what says nothing. */
  public static final ImageConfig EMPTY =
      new ImageConfig(
          "", List.of(), List.of(), List.of(), "", Map.of(), Set.of(), "", "", "", "", "");
}
