package io.jukung.runtime.streaming.websocket;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The two encodings of messages that carry several channels over one WebSocket. In a binary message
 * the first byte is the number of the channel and the rest are its bytes. In a base64 message the
 * number is a digit and the bytes are base64 text.
 */
public enum ChannelFrames {
  BINARY {
    @Override
    WebSocketFrame encode(int channel, byte[] bytes) {
      return new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {(byte) channel}, bytes));
    }

    @Override
    @Nullable Message decode(ByteBuf content) {
      return new Message(content.readUnsignedByte(), content);
    }
  },

  BASE64 {
    @Override
    WebSocketFrame encode(int channel, byte[] bytes) {
      byte[] text = Base64.getEncoder().encode(bytes);
      return new TextWebSocketFrame(
          Unpooled.wrappedBuffer(new byte[] {(byte) ('0' + channel)}, text));
    }

    @Override
    @Nullable Message decode(ByteBuf content) {
      int channel = content.readUnsignedByte() - '0';
      try {
        byte[] text =
            content.toString(StandardCharsets.US_ASCII).getBytes(StandardCharsets.US_ASCII);
        return new Message(channel, Unpooled.wrappedBuffer(Base64.getDecoder().decode(text)));
      } catch (IllegalArgumentException e) {
        return null;
      }
    }
  };

  /**
   * A message of one channel.
   *
   * @param bytes share the memory of the frame that they came in, and are not retained
   */
  record Message(int channel, ByteBuf bytes) {}

  abstract WebSocketFrame encode(int channel, byte[] bytes);

  /**
   * Returns the message in the content of a frame, which is not empty; null if the message is
   * malformed.
   */
  abstract @Nullable Message decode(ByteBuf content);
}
