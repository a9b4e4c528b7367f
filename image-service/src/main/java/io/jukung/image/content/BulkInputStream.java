package io.jukung.image.content;

import java.io.IOException;
import java.io.InputStream;

/** An input stream that subclasses implement by reading into arrays only. */
public abstract class BulkInputStream extends InputStream {
  @Override
  public abstract int read(byte[] target, int start, int length) throws IOException;

  @Override
  public final int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
  }
}
