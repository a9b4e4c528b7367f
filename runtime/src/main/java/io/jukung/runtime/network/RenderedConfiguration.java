package io.jukung.runtime.network;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.linux.fs.AtomicFile;
import io.jukung.runtime.network.cni.NetworkConfiguration;
import io.jukung.runtime.network.cni.PluginRunner;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The network configuration that is made from a template and the node's pod ranges. */
final class RenderedConfiguration {
  /** The number leaves room for files of an administrator or of a network that shall win. */
  static final String FILE_NAME = "10-jukung.conflist";

  /** Other users than root may read the file. */
  private static final int READABLE = 0644;

  private static final long MAX_TEMPLATE_BYTES = 1 << 20;

  private final Path template;
  private final Path directory;

  RenderedConfiguration(Path template, Path directory) {
    this.template = template;
    this.directory = directory;
  }

  /**
   * Writes the configuration over the one that was made before.
   *
   * @throws CriException FAILED_PRECONDITION if the template is missing or wrong
   */
  void write(PodCidrs cidrs) throws IOException {
    String text = render(read(), cidrs);
    byte[] document = text.getBytes(StandardCharsets.UTF_8);
    try {
      NetworkConfiguration.parseList(document, name -> List.of());
    } catch (IOException e) {
      throw wrong("the rendered configuration is not a list of plugins: " + e.getMessage(), e);
    }
    Files.createDirectories(directory);
    Path file = directory.resolve(FILE_NAME);
    AtomicFile.removeAbandoned(file);
    AtomicFile.write(file, document, READABLE);
  }

  private String read() {
    try {
      if (Files.size(template) > MAX_TEMPLATE_BYTES) {
        throw wrong("larger than " + MAX_TEMPLATE_BYTES + " bytes", null);
      }
      return Files.readString(template);
    } catch (IOException e) {
      throw wrong(String.valueOf(e), e);
    }
  }

  private String render(String text, PodCidrs cidrs) {
    try {
      return ConfigurationTemplate.parse(text)
          .render(
              Map.of("PodCIDR", cidrs.ranges().getFirst()),
              Map.of("PodCIDRRanges", cidrs.ranges(), "Routes", cidrs.routes()));
    } catch (IllegalArgumentException e) {
      throw wrong(String.valueOf(e.getMessage()), e);
    }
  }

  private CriException wrong(String problem, @Nullable Exception cause) {
    return new CriException(
        ErrorKind.FAILED_PRECONDITION,
        "cni.conf_template " + template + ": " + PluginRunner.quote(problem),
        cause);
  }
}
