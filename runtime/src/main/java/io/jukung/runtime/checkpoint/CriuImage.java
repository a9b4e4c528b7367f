package io.jukung.runtime.checkpoint;

import com.google.protobuf.InvalidProtocolBufferException;
import io.jukung.linux.fs.RegularFile;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of CRIU with messages: one or two magic numbers, then each message after its length, all
 * in the byte order of the machine (criu.org/Images).
 */
final class CriuImage {
  private static final int COMMON_MAGIC = 0x54564319;
  private static final int MAX_BYTES = 16 << 20;
  private static final int MAX_MESSAGES = 1_000_000;

  private CriuImage() {}

  /**
   * The messages of the file.
   *
   * @throws io.jukung.cri.CriException FAILED_PRECONDITION if it is no such file
   */
  static List<ProtoMessage> read(Path file) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap(RegularFile.read(file, MAX_BYTES)).order(ByteOrder.nativeOrder());
    try {
      if (bytes.getInt() == COMMON_MAGIC) {
        bytes.getInt();
      }
      List<ProtoMessage> messages = new ArrayList<>();
      while (bytes.hasRemaining()) {
        int length = bytes.getInt();
        if (length < 0 || length > bytes.remaining() || messages.size() == MAX_MESSAGES) {
          throw new InvalidProtocolBufferException("a message of " + length + " bytes");
        }
        byte[] message = new byte[length];
        bytes.get(message);
        messages.add(ProtoMessage.parse(message));
      }
      return messages;
    } catch (BufferUnderflowException e) {
      throw ImageCheck.refused("its image " + file.getFileName() + " ends too early");
    } catch (InvalidProtocolBufferException e) {
      throw ImageCheck.refused("its image " + file.getFileName() + ": " + e.getMessage());
    }
  }
}
