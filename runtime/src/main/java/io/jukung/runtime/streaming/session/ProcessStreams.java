package io.jukung.runtime.streaming.session;

import io.jukung.linux.ErrnoException;
import io.jukung.linux.fs.Fd;
import io.jukung.runtime.descriptor.DescriptorLoop;
import io.netty.buffer.ByteBuf;
import java.util.ArrayList;
import java.util.List;

/** Between a client and a process's descriptors: input one way, outputs the other. Thread-safe. */
final class ProcessStreams {
  private final CommandClient client;
  private final DescriptorLoop loop;
  private final Runnable outputsEnded;
  private final Runnable outputStalled;
  private final InputWriter input;
  private final List<OutputPump> pumps = new ArrayList<>(2);
  private int running;
  private boolean closed;

  /**
   * Nothing flows yet, but input is collected.
   *
   * @param outputsEnded called once, when every output has ended by itself
   * @param outputStalled called when the client has no room for an output
   */
  ProcessStreams(
      CommandClient client, DescriptorLoop loop, Runnable outputsEnded, Runnable outputStalled) {
    this.client = client;
    this.loop = loop;
    this.outputsEnded = outputsEnded;
    this.outputStalled = outputStalled;
    this.input = new InputWriter(loop, client::resumeInput);
  }

  /** One output and its client's stream. */
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

  /** Prepares to copy an output; the descriptor is this object's. */
  synchronized void addOutput(CommandClient.Output output, Fd descriptor) {
    if (closed) {
      descriptor.close();
      return;
    }
    pumps.add(new OutputPump(loop, descriptor, new Copy(output)));
    running++;
  }

  /** Tells the client that it is connected, and copies all outputs that were added. */
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

  /** Gives the process what was typed and will be; the descriptor is this object's. */
  void connectInput(Fd descriptor) throws ErrnoException {
    input.connect(descriptor);
  }

  void input(ByteBuf bytes) {
    input.write(bytes);
    if (!input.hasRoom()) {
      client.pauseInput();
      if (input.hasRoom()) {
        client.resumeInput(); // drained meanwhile
      }
    }
  }

  void endInput() {
    input.end();
  }

  void resumeOutputs() {
    outputs().forEach(OutputPump::resume);
  }

  boolean isPaused() {
    return outputs().stream().anyMatch(OutputPump::isPaused);
  }

  boolean outputsRunning() {
    synchronized (this) {
      return running > 0;
    }
  }

  /** How much was read from all outputs. */
  long total() {
    return outputs().stream().mapToLong(OutputPump::total).sum();
  }

  /** Whether no output has anything more at the moment. */
  boolean isEmpty() throws ErrnoException {
    for (OutputPump pump : outputs()) {
      if (pump.isOpen() && !pump.isEmpty()) {
        return false;
      }
    }
    return true;
  }

  /** Reads no output any more; those that had not ended have now, for the client. */
  void endOutputs() {
    synchronized (this) {
      closed = true;
    }
    outputs().forEach(OutputPump::close);
  }

  /** Lets go of everything at once. */
  void close() {
    endOutputs();
    input.close();
  }
}
