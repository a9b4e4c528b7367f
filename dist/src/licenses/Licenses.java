import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * Writes share/licenses of an installation: README.md, a table with a line for each file below lib,
 * and the texts of the licences. Called by dist/src/assemble:
 *
 * <pre>
 * java Licenses.java INSTALLATION JARS THIRD-PARTY VERSION TEXTS LICENSE
 * </pre>
 *
 * JARS is the directory with all jars of the build, THIRD-PARTY the table that Maven writes from the
 * poms, VERSION the version of jukung's own jars, LICENSE jukung's own licence. The text of a
 * library's licence comes from its jar, or from the directory TEXTS: a file {@code NAME.txt} there
 * belongs to every library that is called NAME or {@code NAME-…}. A library that Maven's table does
 * not have fails the build, and so does one without a text, unless its licence is Apache-2.0: that
 * text is the same for everybody.
 */
final class Licenses {
  private static final String APACHE = "Apache-2.0";
  private static final Pattern TEXT =
      Pattern.compile("META-INF/([^/]*[-_.])?(LICENSE|LICENCE|NOTICE|COPYING)([-_.][^/]*)?");
  private static final Pattern VERSION = Pattern.compile("-\\d[^/]*\\.jar$");

  /** A library, called by the name of its jar without the version. */
  private record Library(String name, Path jar, String licence, String project) {}

  private final Path home;
  private final Path texts;
  private final Path out;

  /** By the names of their jars. */
  private final Map<String, Library> libraries = new TreeMap<>();

  private final List<String> table = new ArrayList<>();

  private Licenses(Path home, Path texts) {
    this.home = home;
    this.texts = texts;
    this.out = home.resolve("share/licenses");
  }

  public static void main(String[] arguments) throws IOException {
    Licenses licenses = new Licenses(Path.of(arguments[0]), Path.of(arguments[4]));
    licenses.readLibraries(Path.of(arguments[1]), Path.of(arguments[2]));
    Files.createDirectories(licenses.out);
    Files.copy(Path.of(arguments[5]), licenses.out.resolve(APACHE + ".txt"));
    licenses.describeApplication("-" + arguments[3] + ".jar");
    licenses.describeShim();
    licenses.describeNativeLibraries();
    licenses.describeJava();
    licenses.writeTable();
  }

  private void readLibraries(Path jars, Path thirdParty) throws IOException {
    for (String line : Files.readAllLines(thirdParty)) {
      if (!line.isBlank()) {
        String[] columns = line.split("\t", -1);
        String name = VERSION.matcher(columns[0]).replaceFirst("");
        Path jar = jarNamed(columns[0], jars);
        libraries.put(
            jar.getFileName().toString(),
            new Library(name, jar, columns[1], columns[2] + ", " + columns[3]));
      }
    }
  }

  /** The table has no classifiers, such as that of a jar for one kind of processor. */
  private static Path jarNamed(String name, Path jars) throws IOException {
    Path jar = jars.resolve(name);
    if (Files.exists(jar)) {
      return jar;
    }
    String beginning = name.replaceFirst("\\.jar$", "-");
    try (Stream<Path> files = Files.list(jars)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(beginning))
          .findFirst()
          .orElseThrow(() -> new IOException("no jar " + jar));
    }
  }

  private void describeApplication(String ownSuffix) throws IOException {
    for (String jar : filesIn("lib/app")) {
      if (jar.endsWith(ownSuffix)) {
        row("lib/app/" + jar, APACHE, "jukung", List.of("../../LICENSE"));
        continue;
      }
      Library library = libraries.get(jar);
      if (library == null) {
        throw new IOException("Maven wrote no licence of lib/app/" + jar + " to the table");
      }
      describe("lib/app/" + jar, library);
    }
  }

  /** The shim's jar holds the classes of jukung's own jars and of some libraries. */
  private void describeShim() throws IOException {
    String shim = "lib/shim/shim.jar";
    row(shim, APACHE, "jukung", List.of("../../LICENSE"));
    try (ZipFile classes = new ZipFile(home.resolve(shim).toFile())) {
      for (Library library : libraries.values()) {
        try (ZipFile jar = new ZipFile(library.jar().toFile())) {
          boolean contained =
              jar.stream()
                  .map(ZipEntry::getName)
                  .filter(name -> name.endsWith(".class") && name.contains("/"))
                  .filter(name -> !name.startsWith("META-INF/"))
                  .anyMatch(name -> classes.getEntry(name) != null);
          // The full protobuf runtime has all classes of the small one, which is in the shim's jar.
          if (contained && !library.name().equals("protobuf-java")) {
            describe(shim + " (" + library.name() + ")", library);
          }
        }
      }
    }
  }

  private void describeNativeLibraries() throws IOException {
    for (String file : filesIn("lib/native")) {
      Library library =
          libraries.values().stream()
              .filter(candidate -> isLibraryOf(candidate, file))
              .findFirst()
              .orElseThrow(() -> new IOException("no jar is known for lib/native/" + file));
      describe("lib/native/" + file, library);
    }
  }

  private static boolean isLibraryOf(Library library, String file) {
    String beginning = "lib" + library.name();
    return file.regionMatches(true, 0, beginning, 0, beginning.length());
  }

  private void describeJava() throws IOException {
    Properties release = new Properties();
    try (var in = Files.newInputStream(home.resolve("lib/runtime/release"))) {
      release.load(in);
    }
    if (!Files.exists(home.resolve("lib/runtime/legal/java.base/LICENSE"))) {
      throw new IOException("the Java runtime has no legal/java.base/LICENSE");
    }
    row(
        "lib/runtime",
        "GPL-2.0 WITH Classpath-exception-2.0",
        "OpenJDK " + release.getProperty("JAVA_VERSION").replace("\"", ""),
        List.of("../../lib/runtime/legal"));
  }

  private void describe(String file, Library library) throws IOException {
    TreeSet<String> found = new TreeSet<>(textsOf(library));
    if (library.licence().contains(APACHE)) {
      found.add(APACHE + ".txt");
    }
    if (found.isEmpty()) {
      throw new IOException(
          "%s is under %s, and neither its jar nor dist/src/licenses has the text of the licence"
              .formatted(library.jar().getFileName(), library.licence()));
    }
    row(file, library.licence(), library.project(), found);
  }

  /** Copies the texts of a library to share/licenses, and returns their paths below it. */
  private List<String> textsOf(Library library) throws IOException {
    List<String> copied = new ArrayList<>();
    try (ZipFile jar = new ZipFile(library.jar().toFile())) {
      for (ZipEntry entry : Collections.list(jar.entries())) {
        if (TEXT.matcher(entry.getName()).matches()) {
          String name = library.name() + "/" + Path.of(entry.getName()).getFileName();
          Files.createDirectories(out.resolve(library.name()));
          try (var in = jar.getInputStream(entry)) {
            Files.write(out.resolve(name), in.readAllBytes());
          }
          copied.add(name);
        }
      }
    }
    try (Stream<Path> kept = Files.list(texts)) {
      for (Path text : kept.filter(path -> path.toString().endsWith(".txt")).toList()) {
        String file = text.getFileName().toString();
        String prefix = file.substring(0, file.length() - ".txt".length());
        if (library.name().equals(prefix) || library.name().startsWith(prefix + "-")) {
          Files.write(out.resolve(file), Files.readAllBytes(text));
          copied.add(file);
        }
      }
    }
    return copied;
  }

  private List<String> filesIn(String directory) throws IOException {
    try (Stream<Path> files = Files.list(home.resolve(directory))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  private void row(String file, String licence, String project, Iterable<String> paths) {
    List<String> links = new ArrayList<>();
    paths.forEach(path -> links.add("[%s](%s)".formatted(path, path)));
    table.add("| %s | %s | %s | %s |".formatted(file, licence, project, String.join(" ", links)));
  }

  private void writeTable() throws IOException {
    List<String> lines =
        new ArrayList<>(
            List.of(
                "# Licences of what this installation contains",
                "",
                "jukung is licensed under the Apache License, Version 2.0: see LICENSE and NOTICE at the top of",
                "the installation. Where a library has two licences, either of them may be chosen.",
                "",
                "Files were changed in these libraries: picocli has its classes in the format of Java 25, with the",
                "same code; zstd-jni has neither its classes for Java 22 nor its native libraries in the jar. The",
                "library of the Amazon Corretto Crypto Provider, which contains AWS-LC, is in lib/native.",
                "",
                "| File | Licence | Project | Texts |",
                "|---|---|---|---|"));
    lines.addAll(table);
    Files.write(out.resolve("README.md"), lines, StandardCharsets.UTF_8);
  }
}
