package io.jukung.shim;

import io.jukung.linux.fs.Fd;
import io.jukung.linux.fs.MemoryFile;
import io.jukung.shim.SavedPod.SavedContainer;
import io.jukung.shim.SavedPod.SavedExit;
import io.jukung.shim.SavedPod.SavedGate;
import io.jukung.shim.SavedPod.SavedLog;
import io.jukung.shim.SavedPod.SavedOutput;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The memory file in which a shim that sleeps keeps its state.
 *
 * <pre>
 *   magic number, count of descriptors, the descriptors that are kept      any version reads this
 *   version, length of the state, CRC-32 of the state, the state           see {@link SavedPod}
 * </pre>
 *
 * The program that reads the file may be that of another release. It reads the version of its own
 * release and those that {@link #OLDEST} allows. Of any other version it knows the descriptors, so
 * that it can sleep again without losing one.
 */
final class StateFile {
  static final int VERSION = 2;

  /** The first version in which a log may have limits. */
  private static final int WITH_LOG_LIMITS = 2;

  /** To be raised only by a release whose predecessor did not write the version any more. */
  private static final int OLDEST = 1;

  /** A pod of a hundred containers needs some 50 KiB. A shim with more than this stays awake. */
  static final int MAX_BYTES = 1 << 20;

  /** Two outputs, a log, an input and a pidfd of a thousand containers. */
  static final int MAX_DESCRIPTORS = 5000;

  static final int MAX_CONTAINERS = 1000;
  private static final int MAX_OUTPUTS = 2;
  private static final int MAX_TEXT = 8192;
  private static final String NAME = "jukung-shim-state";
  private static final int MAGIC = 0x6a756b73;

  private StateFile() {}

  /** The file cannot be used as a state of this release. */
  static final class UnreadableException extends IOException {
    private static final long serialVersionUID = 1L;

    UnreadableException(String message) {
      super(message);
    }
  }

  /** Makes a file with the state. */
  static Fd write(SavedPod pod, int[] kept) throws IOException {
    return MemoryFile.of(NAME, encode(pod, kept));
  }

  /** Returns the content of a file. */
  static byte[] content(Fd file) throws IOException {
    long size = file.seekToEnd();
    if (size > MAX_BYTES + MAX_DESCRIPTORS * Integer.BYTES) {
      throw new UnreadableException("state of " + size + " bytes");
    }
    byte[] content = new byte[(int) size];
    file.seek(0);
    for (int at = 0; at < content.length; ) {
      int count = file.read(content, at, content.length - at);
      if (count == 0) {
        throw new UnreadableException("state that ends after " + at + " of " + size + " bytes");
      }
      at += count;
    }
    return content;
  }

  static byte[] encode(SavedPod pod, int[] kept) throws IOException {
    if (kept.length > MAX_DESCRIPTORS) {
      throw new IOException(kept.length + " descriptors; a state has at most " + MAX_DESCRIPTORS);
    }
    byte[] state = state(pod);
    if (state.length > MAX_BYTES) {
      throw new IOException("state of " + state.length + " bytes; at most " + MAX_BYTES);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(64 + 4 * kept.length + state.length);
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(MAGIC);
    out.writeInt(kept.length);
    for (int descriptor : kept) {
      out.writeInt(descriptor);
    }
    out.writeInt(VERSION);
    out.writeInt(state.length);
    out.writeInt(checksum(state));
    out.write(state);
    return bytes.toByteArray();
  }

  private static int checksum(byte[] state) {
    CRC32 sum = new CRC32();
    sum.update(state);
    return (int) sum.getValue();
  }

  /** Reads which descriptors are kept, which every release can. */
  static int[] keptDescriptors(byte[] content) throws IOException {
    try {
      return readKept(input(content));
    } catch (EOFException e) {
      throw new UnreadableException("state that ends early");
    }
  }

  private static DataInputStream input(byte[] content) {
    return new DataInputStream(new ByteArrayInputStream(content));
  }

  private static int[] readKept(DataInputStream in) throws IOException {
    int magic = in.readInt();
    int count = in.readInt();
    if (magic != MAGIC || count < 0 || count > MAX_DESCRIPTORS) {
      throw new UnreadableException("not the state of a shim");
    }
    int[] kept = new int[count];
    for (int i = 0; i < count; i++) {
      kept[i] = in.readInt();
    }
    return kept;
  }

  /**
   * Reads a state.
   *
   * @throws UnreadableException if it is of another version, or damaged
   */
  static SavedPod decode(byte[] content) throws IOException {
    try {
      DataInputStream in = input(content);
      readKept(in);
      int version = in.readInt();
      if (version < OLDEST || version > VERSION) {
        throw new UnreadableException(
            "state of version " + version + "; this release reads " + OLDEST + " to " + VERSION);
      }
      int length = in.readInt();
      int sum = in.readInt();
      if (length != in.available()) {
        throw new UnreadableException("state of " + in.available() + " bytes instead of " + length);
      }
      byte[] state = in.readAllBytes();
      if (checksum(state) != sum) {
        throw new UnreadableException("state with a wrong checksum");
      }
      return pod(input(state), version);
    } catch (EOFException e) {
      throw new UnreadableException("state that ends early");
    }
  }

  private static byte[] state(SavedPod pod) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    text(out, pod.socketPath());
    text(out, pod.sandboxId());
    out.writeLong(pod.sleepAfterMillis());
    out.writeInt(pod.loggedLines());
    out.writeInt(pod.epoll());
    out.writeInt(pod.listener());
    out.writeInt(pod.connection());
    out.writeBoolean(pod.daemonRings());
    count(out, pod.containers().size(), MAX_CONTAINERS);
    for (SavedContainer container : pod.containers()) {
      container(out, container);
    }
    return bytes.toByteArray();
  }

  private static SavedPod pod(DataInputStream in, int version) throws IOException {
    String socketPath = text(in);
    String sandboxId = text(in);
    long sleepAfterMillis = in.readLong();
    int loggedLines = in.readInt();
    int epoll = descriptor(in);
    int listener = descriptor(in);
    int connection = descriptor(in);
    boolean daemonRings = bool(in);
    int count = count(in, MAX_CONTAINERS);
    List<SavedContainer> containers = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      containers.add(container(in, version));
    }
    if (in.available() != 0) {
      throw new UnreadableException(in.available() + " bytes after the state");
    }
    return new SavedPod(
        socketPath,
        sandboxId,
        sleepAfterMillis,
        loggedLines,
        epoll,
        listener,
        connection,
        daemonRings,
        containers);
  }

  private static void container(DataOutputStream out, SavedContainer container) throws IOException {
    text(out, container.id());
    text(out, container.stateDirectory());
    text(out, container.cgroup());
    out.writeBoolean(container.leavesOrphans());
    out.writeBoolean(container.closesStdin());
    out.writeInt(container.pid());
    out.writeLong(container.startedAt());
    out.writeInt(container.pidfd());
    out.writeInt(container.stdin());
    out.writeBoolean(container.terminal());
    exit(out, container.exit());
    text(out, container.log().path());
    out.writeInt(container.log().file());
    out.writeBoolean(container.log().torn());
    out.writeLong(container.log().droppedBytes());
    gate(out, container.log().gate());
    count(out, container.outputs().size(), MAX_OUTPUTS);
    for (SavedOutput output : container.outputs()) {
      text(out, output.stream());
      out.writeInt(output.descriptor());
      bytes(out, output.tail(), CriLog.MAX_CONTENT);
    }
  }

  private static SavedContainer container(DataInputStream in, int version) throws IOException {
    return new SavedContainer(
        text(in),
        text(in),
        text(in),
        bool(in),
        bool(in),
        in.readInt(),
        in.readLong(),
        descriptor(in),
        descriptor(in),
        bool(in),
        exit(in),
        new SavedLog(
            text(in),
            descriptor(in),
            bool(in),
            in.readLong(),
            version < WITH_LOG_LIMITS ? null : gate(in)),
        outputs(in));
  }

  private static void exit(DataOutputStream out, @Nullable SavedExit exit) throws IOException {
    out.writeBoolean(exit != null);
    if (exit != null) {
      out.writeInt(exit.exitCode());
      out.writeLong(exit.finishedAt());
      out.writeBoolean(exit.oomKilled());
    }
  }

  private static @Nullable SavedExit exit(DataInputStream in) throws IOException {
    return bool(in) ? new SavedExit(in.readInt(), in.readLong(), bool(in)) : null;
  }

  private static void gate(DataOutputStream out, @Nullable SavedGate gate) throws IOException {
    out.writeBoolean(gate != null);
    if (gate != null) {
      out.writeLong(gate.maxSize());
      out.writeLong(gate.maxBytesPerSecond());
      out.writeInt(gate.maxFiles());
      out.writeLong(gate.size());
      out.writeLong(gate.allowance());
      out.writeLong(gate.refilledAt());
      out.writeInt(gate.state().code);
      out.writeLong(gate.leftOut());
      out.writeLong(gate.leftOutHere());
    }
  }

  private static @Nullable SavedGate gate(DataInputStream in) throws IOException {
    if (!bool(in)) {
      return null;
    }
    return new SavedGate(
        in.readLong(),
        in.readLong(),
        count(in, LogGate.MAX_FILES),
        in.readLong(),
        in.readLong(),
        in.readLong(),
        LogGate.State.of(count(in, LogGate.State.MAX_CODE)),
        in.readLong(),
        in.readLong());
  }

  private static List<SavedOutput> outputs(DataInputStream in) throws IOException {
    int count = count(in, MAX_OUTPUTS);
    List<SavedOutput> outputs = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      outputs.add(new SavedOutput(text(in), descriptor(in), bytes(in, CriLog.MAX_CONTENT)));
    }
    return outputs;
  }

  private static void text(DataOutputStream out, String text) throws IOException {
    bytes(out, text.getBytes(StandardCharsets.UTF_8), MAX_TEXT);
  }

  private static String text(DataInputStream in) throws IOException {
    return new String(bytes(in, MAX_TEXT), StandardCharsets.UTF_8);
  }

  private static void bytes(DataOutputStream out, byte[] bytes, int most) throws IOException {
    count(out, bytes.length, most);
    out.write(bytes);
  }

  private static byte[] bytes(DataInputStream in, int most) throws IOException {
    byte[] bytes = new byte[count(in, most)];
    in.readFully(bytes);
    return bytes;
  }

  private static void count(DataOutputStream out, int count, int most) throws IOException {
    if (count > most) {
      throw new IOException("a state with " + count + " instead of at most " + most);
    }
    out.writeInt(count);
  }

  private static int count(DataInputStream in, int most) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > most) {
      throw new UnreadableException("a state with " + count + " instead of at most " + most);
    }
    return count;
  }

  private static int descriptor(DataInputStream in) throws IOException {
    int number = in.readInt();
    if (number < SavedPod.NONE) {
      throw new UnreadableException("a state with descriptor " + number);
    }
    return number;
  }

  private static boolean bool(DataInputStream in) throws IOException {
    int value = in.readUnsignedByte();
    if (value > 1) {
      throw new UnreadableException("a state with a truth value of " + value);
    }
    return value == 1;
  }
}
