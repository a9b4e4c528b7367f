package io.jukung.image;

import io.jukung.linux.mount.MountTable;
import io.jukung.linux.mount.MountinfoLine;
import io.jukung.linux.mount.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.AnnotatedElementContext;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.io.TempDirFactory;

/**
 * Temporary directories that can have layers mounted in them. Mounts that a test has left are
 * unmounted when the test ends, so that its directory can be removed. Mounts that a killed run has
 * left are unmounted by the next run.
 */
public final class MountedTempDirs implements TempDirFactory, AfterEachCallback {
  private static final Pattern NAME = Pattern.compile("/jukung-test-([0-9]+)-[^/]*");
  private static final Set<Path> CREATED = ConcurrentHashMap.newKeySet();

  @Override
  public Path createTempDirectory(AnnotatedElementContext element, ExtensionContext context)
      throws IOException {
    for (MountinfoLine mount : MountTable.read().mounts()) {
      Matcher left = NAME.matcher(mount.mountPoint());
      if (left.find() && ProcessHandle.of(Long.parseLong(left.group(1))).isEmpty()) {
        Mounts.detach(Path.of(mount.mountPoint()));
      }
    }
    Path made = Files.createTempDirectory("jukung-test-" + ProcessHandle.current().pid() + "-");
    CREATED.add(made);
    return made;
  }

  @Override
  public void afterEach(ExtensionContext context) throws IOException {
    MountTable now = MountTable.read();
    for (Path directory : CREATED) {
      for (MountinfoLine mount : now.under(directory)) {
        Mounts.detach(Path.of(mount.mountPoint()));
      }
    }
  }
}
