package io.jukung.runtime.cdi;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Says which programs of the node may run as hooks: those in directories that the administrator has
 * named, which nobody but root can change. Immutable.
 *
 * @param directories absolute
 */
record HookFiles(List<Path> directories) {
  private static final int WRITABLE_BY_OTHERS = 022;

  HookFiles {
    directories = List.copyOf(directories);
  }

  /**
   * Checks the program, the directory and everything between them. What is above the directory is
   * the administrator's affair. Symbolic links are followed first.
   *
   * @return the program without links, which is what may be run
   * @throws CriException FAILED_PRECONDITION if the program may not run
   */
  Path require(Path program) throws IOException {
    Path real;
    try {
      real = program.toRealPath();
    } catch (NoSuchFileException e) {
      throw new CriException(
          ErrorKind.FAILED_PRECONDITION, "hook " + program + " does not exist", e);
    }
    if (!Files.isRegularFile(real) || !Files.isExecutable(real)) {
      throw CriException.failedPrecondition("hook " + program + " is no executable file");
    }
    Path directory = allowed(program, real);
    for (Path each = real; each != null && each.startsWith(directory); each = each.getParent()) {
      requireRootsOwn(program, each);
    }
    return real;
  }

  private Path allowed(Path program, Path real) throws IOException {
    for (Path each : directories) {
      if (Files.isDirectory(each) && real.startsWith(each.toRealPath())) {
        return each.toRealPath();
      }
    }
    throw CriException.failedPrecondition(
        "hook "
            + program
            + " is in none of the directories of cdi.hook_dirs: "
            + String.join(", ", directories.stream().map(Path::toString).toList()));
  }

  /**
   * Checks that only root can change a file or directory.
   *
   * @param why the hook, for the error text
   * @throws CriException FAILED_PRECONDITION if others can
   */
  static void requireRootsOwn(Path why, Path file) throws IOException {
    Map<String, Object> attributes =
        Files.readAttributes(file, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
    int owner = (int) Objects.requireNonNull(attributes.get("uid"));
    int mode = (int) Objects.requireNonNull(attributes.get("mode"));
    if (owner != 0 || (mode & WRITABLE_BY_OTHERS) != 0) {
      throw CriException.failedPrecondition(
          "hook "
              + why
              + " is not run: "
              + file
              + " can be changed by others than root (owner %d, mode %o)"
                  .formatted(owner, mode & 07777));
    }
  }
}
