package io.jukung.linux.mount;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One line of a mountinfo file, which describes a mount (proc_pid_mountinfo(5)).
 *
 * @param device {@code major:minor} of the files in the mount
 * @param root the path within the file system that is the root of this mount
 * @param mountPoint the mount point, relative to the root directory of the process
 * @param options the options of this mount
 * @param optionalFields propagation tags such as {@code shared:1}, and unknown tags
 * @param superOptions the options of the file system
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

  /** Whether a mount that is made below this one is also made below each copy of it. */
  public boolean isShared() {
    return tag("shared").isPresent();
  }

  /** Whether this mount receives the mounts that are made below its master. */
  public boolean isSlave() {
    return tag("master").isPresent();
  }

  private Optional<String> tag(String name) {
    return optionalFields.stream().filter(field -> field.startsWith(name + ":")).findFirst();
  }
}
