package io.jukung.runtime.network;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.linux.fs.RegularFile;
import io.jukung.runtime.network.cni.CniJson;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file that keeps the node's pod ranges: kubelet sends them when they change, but not again to
 * each new daemon. Thread-safe.
 */
final class PodCidrFile {
  private static final Logger LOG = LoggerFactory.getLogger(PodCidrFile.class);
  private static final int VERSION = 1;

  /** A node has two ranges at most; a range has 43 characters at most. */
  private static final int MAX_BYTES = 64 << 10;

  private final Path file;
  private volatile Optional<PodCidrs> current;

  PodCidrFile(Path file) {
    this.file = file;
    this.current = read(file);
  }

  Optional<PodCidrs> current() {
    return current;
  }

  synchronized void replace(PodCidrs cidrs) throws IOException {
    ObjectNode json = CniJson.object().put("version", VERSION);
    ArrayNode ranges = json.putArray("podCidrs");
    cidrs.ranges().forEach(ranges::add);
    AtomicFile.removeAbandoned(file);
    AtomicFile.write(file, CniJson.bytes(json));
    current = Optional.of(cidrs);
  }

  private static Optional<PodCidrs> read(Path file) {
    try {
      List<String> ranges = new ArrayList<>();
      for (JsonNode range :
          CniJson.parseObject(RegularFile.read(file, MAX_BYTES)).path("podCidrs")) {
        ranges.add(range.asText(""));
      }
      return Optional.of(PodCidrs.parse(String.join(",", ranges)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      LOG.warn(
          "{} cannot be read; the next update by kubelet replaces it: {}", file, e.getMessage());
      return Optional.empty();
    }
  }
}
