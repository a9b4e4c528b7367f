package io.jukung.runtime.streaming.session;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.netty.buffer.ByteBuf;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * Connects a client with the descriptors of a process: the client's input goes to the process, and
 * the outputs go to the client. Thread-safe.
 */
final class ProcessStreams {
  private final CommandClient client;
  private final DescriptorLoop loop;
  private final Runnable outputsEnded;
  private final Runnable outputStalled;
  private final LongSupplier clock;
  private final InputWriter input;
  private final List<OutputPump> pumps = new ArrayList<>(2);
  private int running;
  private boolean closed;

  /**
   * Makes streams that copy nothing yet; input is kept.
   *
   * @param outputsEnded called once, when every output has ended by itself
   * @param outputStalled called when the client has no room for an output
   */
  ProcessStreams(
      CommandClient client, DescriptorLoop loop, Runnable outputsEnded, Runnable outputStalled) {
    this(client, loop, outputsEnded, outputStalled, System::nanoTime);
  }

  ProcessStreams(
      CommandClient client,
      DescriptorLoop loop,
      Runnable outputsEnded,
      Runnable outputStalled,
      LongSupplier clock) {
    this.client = client;
    this.clock = clock;
    this.loop = loop;
    this.outputsEnded = outputsEnded;
    this.outputStalled = outputStalled;
    this.input = new InputWriter(loop, client::resumeInput);
  }

  /** Copies one output to the client. */
  private final class Copy implements OutputPump.Sink {
    private final CommandClient.Output output;

    Copy(CommandClient.Output output) {
      this.output = output;
    }

    @Override
    public void take(byte[] bytes) {
      client.send(output, bytes);
    }

    @Override
    public boolean hasRoom() {
      return client.isWritable();
    }

    @Override
    public void ended() {
      client.end(output);
      boolean all;
      synchronized (ProcessStreams.this) {
        running--;
        all = running == 0 && !closed;
      }
      if (all) {
        outputsEnded.run();
      }
    }

    @Override
    public void stalled() {
      outputStalled.run();
    }
  }

  /**
   * Adds an output, which {@link #startOutputs} begins to copy.
   *
   * @param descriptor belongs to this object from now on
   */
  synchronized void addOutput(CommandClient.Output output, Fd descriptor) {
    if (closed) {
      descriptor.close();
      return;
    }
    pumps.add(new OutputPump(loop, descriptor, new Copy(output), clock));
    running++;
  }

  /** Tells the client that it is connected, and begins to copy the outputs. */
  void startOutputs() throws ErrnoException {
    client.connected();
    for (OutputPump pump : outputs()) {
      if (pump.isOpen()) {
        pump.start();
      }
    }
  }

  private synchronized List<OutputPump> outputs() {
    return List.copyOf(pumps);
  }

  /**
   * Sends the client's input, kept and future, to the process.
   *
   * @param descriptor belongs to this object from now on
   */
  void connectInput(Fd descriptor) throws ErrnoException {
    input.connect(descriptor);
  }

  void input(ByteBuf bytes) {
    input.write(bytes);
    if (!input.hasRoom()) {
      client.pauseInput();
      if (input.hasRoom()) {
        client.resumeInput(); // the input was written meanwhile
      }
    }
  }

  void endInput() {
    input.end();
  }

  void resumeOutputs() {
    outputs().forEach(OutputPump::resume);
  }

  /** For how long the client has had no room for an output; empty where it has room for all. */
  Optional<Duration> longestStall() {
    return outputs().stream()
        .map(OutputPump::stall)
        .flatMap(Optional::stream)
        .max(Comparator.naturalOrder());
  }

  boolean outputsRunning() {
    synchronized (this) {
      return running > 0;
    }
  }

  /** How many bytes have been read from all outputs. */
  long total() {
    return outputs().stream().mapToLong(OutputPump::total).sum();
  }

  /** Whether there is nothing to read from any output at the moment. */
  boolean isEmpty() throws ErrnoException {
    for (OutputPump pump : outputs()) {
      if (pump.isOpen() && !pump.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Stops reading the outputs. The client is told of the end of those that had not ended. */
  void endOutputs() {
    synchronized (this) {
      closed = true;
    }
    outputs().forEach(OutputPump::close);
  }

  /** Closes all descriptors at once and drops the input that is not written yet. */
  void close() {
    endOutputs();
    input.close();
  }
}
