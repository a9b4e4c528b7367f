package io.jukung.cri.streaming;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Accepts every stream without a {@code refuse} header, and records the events. */
public final class RecordedStreams implements SpdyConnection.Streams {
  public final List<String> events = new ArrayList<>();
  public final List<SpdyStream> opened = new ArrayList<>();
  public final StringBuilder bytes = new StringBuilder();

  @Override
  public boolean accepts(SpdyStream stream) {
    return stream.header("refuse").isEmpty();
  }

  @Override
  public void opened(SpdyStream stream) {
    stream.reply();
    opened.add(stream);
    events.add("opened " + stream.id() + " " + stream.header("streamtype"));
  }

  @Override
  public void data(SpdyStream stream, ByteBuf data) {
    bytes.append(data.toString(StandardCharsets.ISO_8859_1));
  }

  @Override
  public void ended(SpdyStream stream) {
    events.add("ended " + stream.id());
  }

  @Override
  public void reset(SpdyStream stream) {
    events.add("reset " + stream.id());
  }

  @Override
  public void writable() {
    events.add("writable");
  }

  @Override
  public void closed() {
    events.add("closed");
  }
}
