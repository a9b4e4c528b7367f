package io.jukung.runtime.network.cni;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The directory of network configurations. The first valid file, in the order of names, is the
 * network of pods. Files may be added and changed at any time. A call lists the directory; files
 * are read again only if one has changed. Thread-safe.
 */
public final class NetworkConfigurationDirectory {
  /**
   * The limit of a file, far more than a configuration needs: the directory may hold a wrong file.
   */
  private static final long MAX_FILE_BYTES = 1 << 20;

  private Path directory;
  private @Nullable Snapshot snapshot;

  public NetworkConfigurationDirectory(Path directory) {
    this.directory = directory;
  }

  /**
   * The network in the directory.
   *
   * @param file the file with the first valid configuration
   * @param network the first valid configuration
   * @param problems what is wrong with the files before it, each with its path
   */
  public record Contents(
      Optional<Path> file, Optional<NetworkConfiguration> network, List<String> problems) {
    public Contents {
      problems = List.copyOf(problems);
    }

    static Contents none(List<String> problems) {
      return new Contents(Optional.empty(), Optional.empty(), problems);
    }
  }

  /**
   * The attributes of all files. They are equal to earlier ones if no file was added, removed or
   * changed.
   */
  private record Fingerprint(List<Map<String, Object>> files) {}

  private record Snapshot(Fingerprint fingerprint, Contents contents) {}

  public synchronized Contents contents() {
    List<Path> files;
    Fingerprint fingerprint;
    try {
      files = list(directory, ".conf", ".conflist", ".json");
      fingerprint = fingerprint(files);
    } catch (NoSuchFileException | NotDirectoryException e) {
      return Contents.none(List.of());
    } catch (IOException e) {
      return Contents.none(List.of(directory + ": " + e));
    }
    Snapshot known = snapshot;
    // Compares the lists: Java generates the equals() of a record when it is first called, which
    // would
    // take a part of the first Status.
    if (known == null || !known.fingerprint().files().equals(fingerprint.files())) {
      known = new Snapshot(fingerprint, read(files));
      snapshot = known;
    }
    return known.contents();
  }

  /** Looks in another directory from now on. */
  public synchronized void use(Path other) {
    if (!other.equals(directory)) {
      directory = other;
      snapshot = null;
    }
  }

  public synchronized Path path() {
    return directory;
  }

  private Contents read(List<Path> files) {
    List<String> problems = new ArrayList<>();
    for (Path file : files) {
      try {
        byte[] document = readBounded(file);
        NetworkConfiguration network =
            file.toString().endsWith(".conflist")
                ? NetworkConfiguration.parseList(document, this::readPlugins)
                : NetworkConfiguration.parseSingle(document);
        return new Contents(Optional.of(file), Optional.of(network), problems);
      } catch (NoSuchFileException e) {
        problems.add(file + ": no such file");
      } catch (IOException e) {
        problems.add(file + ": " + e.getMessage());
      }
    }
    return Contents.none(problems);
  }

  /** Reads the plugins in {@code DIRECTORY/NETWORK/*.conf}. */
  private List<PluginConfiguration> readPlugins(String network) throws IOException {
    List<PluginConfiguration> plugins = new ArrayList<>();
    for (Path file : listIfThere(directory.resolve(network))) {
      try {
        plugins.add(PluginConfiguration.of(CniJson.parseObject(readBounded(file))));
      } catch (IOException e) {
        throw new IOException(file + ": " + e.getMessage(), e);
      }
    }
    return plugins;
  }

  private static byte[] readBounded(Path file) throws IOException {
    if (Files.size(file) > MAX_FILE_BYTES) {
      throw new IOException("larger than " + MAX_FILE_BYTES + " bytes");
    }
    return Files.readAllBytes(file);
  }

  /**
   * Returns the fingerprint of the files, and of the files in subdirectories, which may declare
   * plugins of a network.
   */
  private Fingerprint fingerprint(List<Path> files) throws IOException {
    List<Map<String, Object>> attributes = new ArrayList<>();
    for (Path file : files) {
      addAttributes(file, attributes);
    }
    try (DirectoryStream<Path> directories =
        Files.newDirectoryStream(directory, entry -> Files.isDirectory(entry))) {
      List<Path> sorted = new ArrayList<>();
      directories.forEach(sorted::add);
      sorted.sort(Comparator.naturalOrder());
      for (Path each : sorted) {
        for (Path file : listIfThere(each)) {
          addAttributes(file, attributes);
        }
      }
    }
    return new Fingerprint(attributes);
  }

  private static void addAttributes(Path file, List<Map<String, Object>> attributes)
      throws IOException {
    attributes.add(Map.of("path", file));
    try {
      attributes.add(Files.readAttributes(file, "unix:dev,ino,size,lastModifiedTime,ctime"));
    } catch (NoSuchFileException e) {
      attributes.add(Map.of()); // a dangling link, which is reported when it is read
    }
  }

  private static List<Path> listIfThere(Path directory) throws IOException {
    try {
      return list(directory, ".conf");
    } catch (NoSuchFileException | NotDirectoryException e) {
      return List.of();
    }
  }

  /** Lists files in the order of the bytes of their names, so that 10-a comes before 9-b. */
  private static List<Path> list(Path directory, String... suffixes) throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (endsWithAny(entry.toString(), suffixes) && !Files.isDirectory(entry)) {
          files.add(entry);
        }
      }
    }
    files.sort(Comparator.naturalOrder());
    return files;
  }

  private static boolean endsWithAny(String name, String... suffixes) {
    for (String suffix : suffixes) {
      if (name.endsWith(suffix)) {
        return true;
      }
    }
    return false;
  }
}
