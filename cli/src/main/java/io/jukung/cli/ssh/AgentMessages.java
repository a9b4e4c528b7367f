package io.jukung.cli.ssh;

import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;

/** The messages of agents (draft-ietf-sshm-ssh-agent): each has its length before it. */
final class AgentMessages {
  /** Answers that the request cannot be carried out. */
  static final int FAILURE = 5;

  static final int REQUEST_IDENTITIES = 11;
  static final int IDENTITIES_ANSWER = 12;
  static final int SIGN_REQUEST = 13;
  static final int SIGN_RESPONSE = 14;

  /** As OpenSSH's own agent has it. */
  private static final int MAX_BYTES = 256 << 10;

  private AgentMessages() {}

  /** Reads the next message without its length; empty at the end of the stream. */
  static Optional<byte[]> read(InputStream in) throws IOException {
    int first = in.read();
    if (first < 0) {
      return Optional.empty();
    }
    DataInputStream data = new DataInputStream(in);
    int length =
        first << 24
            | data.readUnsignedByte() << 16
            | data.readUnsignedByte() << 8
            | data.readUnsignedByte();
    if (length < 1 || length > MAX_BYTES) {
      throw new IOException("a message of an SSH agent has the length " + length);
    }
    byte[] message = data.readNBytes(length);
    if (message.length < length) {
      throw new EOFException("a message of an SSH agent ends too early");
    }
    return Optional.of(message);
  }

  /** The message with its length. */
  static byte[] framed(byte[] message) {
    return ByteBuffer.allocate(Integer.BYTES + message.length)
        .putInt(message.length)
        .put(message)
        .array();
  }

  static byte[] failure() {
    return new byte[] {FAILURE};
  }
}
