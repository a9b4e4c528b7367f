package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Rules about the names in the source tree. */
class SourceTreeTest {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();

  @Test
  void noTwoTopLevelTypesOfAModuleHaveOneSimpleName() throws IOException {
    Map<String, List<Path>> filesByName = new TreeMap<>();
    try (Stream<Path> modules = Files.list(REPOSITORY)) {
      for (Path module : modules.toList()) {
        Path sources = module.resolve("src/main/java");
        if (Files.isDirectory(sources)) {
          collect(module, sources, filesByName);
        }
      }
    }
    assertThat(filesByName).hasSizeGreaterThan(500);
    filesByName.values().removeIf(files -> files.size() == 1);
    assertThat(filesByName).isEmpty();
  }

  private static void collect(Path module, Path sources, Map<String, List<Path>> filesByName)
      throws IOException {
    try (Stream<Path> files = Files.walk(sources)) {
      files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> !file.endsWith("package-info.java"))
          .forEach(
              file ->
                  filesByName
                      .computeIfAbsent(
                          module.getFileName() + ": " + file.getFileName(), _ -> new ArrayList<>())
                      .add(REPOSITORY.relativize(file)));
    }
  }
}
