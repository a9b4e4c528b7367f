package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares the documents with the tree: a map that is not true is worse than none. */
class DocumentsTest {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");

  @Test
  void linksOfDocumentsLeadToFiles() throws IOException {
    List<Path> documents = new ArrayList<>();
    documents.addAll(files(REPOSITORY, 1, ".md"));
    documents.addAll(files(REPOSITORY.resolve("docs"), 9, ".md"));
    documents.addAll(files(REPOSITORY.resolve(".github"), 9, ".md"));
    assertThat(documents).contains(REPOSITORY.resolve("ARCHITECTURE.md"));
    List<String> broken = new ArrayList<>();
    for (Path document : documents) {
      for (String target : found(LINK, Files.readString(document))) {
        if (!Files.exists(document.resolveSibling(target))) {
          broken.add(REPOSITORY.relativize(document) + " has a link to " + target);
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void everyPathOfTheMapExists() throws IOException {
    List<String> rows = rows("## Where does X happen?");
    assertThat(rows).hasSizeGreaterThan(20);
    List<String> missing = new ArrayList<>();
    for (String row : rows) {
      List<String> paths = found(CODE, lastColumn(row));
      assertThat(paths).as("paths of the row: %s", row).isNotEmpty();
      paths.stream().filter(path -> !exists(path)).forEach(missing::add);
    }
    assertThat(missing).isEmpty();
  }

  @Test
  void listOfPackagesIsTheTree() throws IOException {
    Set<String> listed = new TreeSet<>();
    for (String row : rows("## Packages")) {
      listed.add(found(CODE, row).getFirst());
    }
    Set<String> existing = new TreeSet<>();
    for (Path module : modules()) {
      Path root = rootPackage(module);
      for (Path file : files(root, 9, ".java")) {
        if (!file.endsWith("package-info.java")) {
          existing.add(nameOf(module, root, file));
        }
      }
    }
    assertThat(listed).containsExactlyInAnyOrderElementsOf(existing);
  }

  /**
   * The name of a file's package in ARCHITECTURE.md: module, then the path below its root package.
   */
  private static String nameOf(Path module, Path root, Path file) {
    String below = root.relativize(file.resolveSibling("")).toString();
    return module.getFileName() + (below.isEmpty() ? "" : "/" + below);
  }

  private static boolean exists(String path) {
    if (Files.exists(REPOSITORY.resolve(path))) {
      return true;
    }
    String[] moduleAndRest = path.split("/", 2);
    Path module = REPOSITORY.resolve(moduleAndRest[0]);
    if (moduleAndRest.length != 2 || !Files.isDirectory(module.resolve("src/main/java"))) {
      return false;
    }
    Path root = rootPackage(module);
    return Files.isDirectory(root.resolve(moduleAndRest[1]))
        || Files.exists(root.resolve(moduleAndRest[1] + ".java"));
  }

  private static List<Path> modules() throws IOException {
    try (Stream<Path> children = Files.list(REPOSITORY)) {
      return children
          .filter(module -> Files.isDirectory(module.resolve("src/main/java/io/jukung")))
          .toList();
    }
  }

  /** A module has all its packages below one, such as io.jukung.runtime. */
  private static Path rootPackage(Path module) {
    try (Stream<Path> children = Files.list(module.resolve("src/main/java/io/jukung"))) {
      List<Path> roots = children.toList();
      assertThat(roots).as("root packages of %s", module.getFileName()).hasSize(1);
      return roots.getFirst();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** The rows of the table below a heading of ARCHITECTURE.md, without its head. */
  private static List<String> rows(String heading) throws IOException {
    return Files.readAllLines(REPOSITORY.resolve("ARCHITECTURE.md")).stream()
        .dropWhile(line -> !line.equals(heading))
        .skip(1)
        .takeWhile(line -> !line.startsWith("## "))
        .filter(line -> line.startsWith("|"))
        .skip(2)
        .toList();
  }

  private static String lastColumn(String row) {
    String cells = row.substring(0, row.lastIndexOf('|'));
    return cells.substring(cells.lastIndexOf('|') + 1);
  }

  private static List<String> found(Pattern pattern, String text) {
    return pattern.matcher(text).results().map(result -> result.group(1)).toList();
  }

  private static List<Path> files(Path directory, int depth, String suffix) throws IOException {
    try (Stream<Path> paths = Files.walk(directory, depth)) {
      return paths.filter(path -> path.toString().endsWith(suffix)).sorted().toList();
    }
  }
}
