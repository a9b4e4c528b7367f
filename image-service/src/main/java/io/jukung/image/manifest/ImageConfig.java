package io.jukung.image.manifest;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The defaults that an image has for its containers (OCI image-spec, config.md). Text that the
 * image does not have is empty.
 *
 * @param user one of {@code uid}, {@code name}, {@code uid:gid}, …; not checked
 * @param volumes paths that the image declares as volumes
 * @param created a time in the form of RFC 3339; not checked
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
  /** The configuration of an image that has none. */
  public static final ImageConfig EMPTY =
      new ImageConfig(
          "", List.of(), List.of(), List.of(), "", Map.of(), Set.of(), "", "", "", "", "");
}
