package io.jukung.linux.mount;

import java.io.IOException;
import java.nio.file.Path;
import java.util.StringJoiner;

/** Builds the options of an overlay mount as one string, as mount(2) takes them. */
final class OptionString {
  /** mount(2) copies one page of options, its terminating zero included. */
  static final int MAX_BYTES = 4095;

  private OptionString() {}

  static String of(OverlayMount.Layers layers) throws IOException {
    StringJoiner lowers = new StringJoiner(":", "lowerdir=", "");
    for (Path lower : layers.lowersTopFirst()) {
      lowers.add(escape(lower).replace(":", "\\:"));
    }
    StringJoiner options = new StringJoiner(",").add(lowers.toString());
    layers.upper().ifPresent(upper -> options.add("upperdir=" + escape(upper)));
    layers.work().ifPresent(work -> options.add("workdir=" + escape(work)));
    layers.options().forEach(options::add);
    String text = options.toString();
    if (OverlayMount.bytes(text) > MAX_BYTES) {
      throw new IOException(
          "mount overlay of "
              + layers.lowersTopFirst().size()
              + " layers: their paths have "
              + OverlayMount.bytes(text)
              + " bytes, and this kernel, without overlayfs lowerdir+ (Linux 6.5), takes "
              + MAX_BYTES);
    }
    return text;
  }

  private static String escape(Path path) {
    return path.toString().replace("\\", "\\\\").replace(",", "\\,");
  }
}
