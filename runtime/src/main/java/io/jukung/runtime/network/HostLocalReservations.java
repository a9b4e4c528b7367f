package io.jukung.runtime.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.linux.fs.RegularFile;
import io.jukung.runtime.call.Clock;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.network.cni.PluginConfiguration;
import io.jukung.runtime.store.ObjectId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses that the plugin host-local has given out in a network: a file for each, which is
 * named by the address and holds the id of the pod. The plugin does not wait for the disk, so a
 * power cut can leave a file without its content. No DEL finds such a file, and the address would
 * be taken for ever.
 */
final class HostLocalReservations {
  private static final Logger LOG = LoggerFactory.getLogger(HostLocalReservations.class);

  /** Where host-local keeps its files unless the configuration says dataDir. */
  private static final String DEFAULT_DIRECTORY = "/var/lib/cni/networks";

  private static final Pattern ADDRESS =
      Pattern.compile("[0-9]+(\\.[0-9]+){3}|[0-9a-f]*:[0-9a-f:.]*");

  /** A file has an id and the name of an interface. */
  private static final int MAX_BYTES = 4096;

  private HostLocalReservations() {}

  /**
   * An address that was given out.
   *
   * @param pod the id in the file; empty if a power cut has taken it
   * @param isOfEarlierBoot whether the address was given out before the node was started, so that
   *     no pod of any runtime uses it
   */
  record Reservation(Path file, String pod, boolean isOfEarlierBoot) {
    void release() throws IOException {
      Files.deleteIfExists(file);
      LOG.warn("address {} belongs to no pod, and is released", file);
    }
  }

  /** Lists the addresses that host-local has given out in a network to pods of CRI runtimes. */
  static List<Reservation> all(NetworkConfiguration network) throws IOException {
    Instant boot = Clock.bootTime();
    List<Reservation> found = new ArrayList<>();
    for (PluginConfiguration plugin : network.plugins()) {
      JsonNode ipam = plugin.json().path("ipam");
      if (ipam.path("type").asText("").equals("host-local")) {
        Path directory = Path.of(ipam.path("dataDir").asText(DEFAULT_DIRECTORY));
        collect(directory.resolve(network.name()), boot, found);
      }
    }
    return found;
  }

  private static void collect(Path directory, Instant boot, List<Reservation> found)
      throws IOException {
    try (DirectoryStream<Path> files =
        Files.newDirectoryStream(
            directory, file -> ADDRESS.matcher(String.valueOf(file.getFileName())).matches())) {
      for (Path file : files) {
        boolean isOld = Files.getLastModifiedTime(file).toInstant().isBefore(boot);
        String pod = firstLine(file);
        // host-local makes a file empty and writes into it then: a new one is no leftover.
        if (ObjectId.isValid(pod) || (pod.isEmpty() && isOld)) {
          found.add(new Reservation(file, pod, isOld));
        }
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      LOG.debug("host-local has given out no address: {}", e.getMessage());
    }
  }

  private static String firstLine(Path file) throws IOException {
    return new String(RegularFile.read(file, MAX_BYTES), StandardCharsets.ISO_8859_1)
        .lines()
        .findFirst()
        .orElse("")
        .strip();
  }
}
