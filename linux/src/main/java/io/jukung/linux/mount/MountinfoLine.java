package io.jukung.linux.mount;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One line of mountinfo (proc_pid_mountinfo(5)).
 *
 * @param device {@code major:minor} of the files in it
 * @param root the path within the file system that is the root of this mount
 * @param mountPoint where it is, relative to the reader's root directory
 * @param options of this mount
 * @param optionalFields propagation tags such as {@code shared:1}; unknown ones are kept
 * @param superOptions of its file system
 */
public record MountinfoLine(
    int id,
    int parentId,
    String device,
    String root,
    String mountPoint,
    Set<String> options,
    List<String> optionalFields,
    String type,
    String source,
    List<String> superOptions) {

  public MountinfoLine {
    options = Set.copyOf(options);
    optionalFields = List.copyOf(optionalFields);
    superOptions = List.copyOf(superOptions);
  }

  /** A mount made below this one is made below each copy of it too. */
  public boolean isShared() {
    return tag("shared").isPresent();
  }

  /** It receives the mounts made below its master. */
  public boolean isSlave() {
    return tag("master").isPresent();
  }

  private Optional<String> tag(String name) {
    return optionalFields.stream().filter(field -> field.startsWith(name + ":")).findFirst();
  }
}
