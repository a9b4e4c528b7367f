package io.jukung.cri.streaming;

import io.netty.channel.Channel;

/**
 * Stops reading from a client's connection while one of its ports takes no more data, or while too
 * many sockets are being opened for it, each of which occupies a thread. All methods run on the
 * connection's thread.
 */
public final class InputGate {
  private static final int MAX_MAKING = 64;

  private final Channel channel;
  private int full;
  private int making;

  public InputGate(Channel channel) {
    this.channel = channel;
  }

  /** Called when a port stops or starts to take data. */
  public void portTakes(boolean takes) {
    full += takes ? -1 : 1;
    decide();
  }

  public void beginSocket() {
    making++;
    decide();
  }

  public void endSocket() {
    making--;
    decide();
  }

  private void decide() {
    channel.config().setAutoRead(full == 0 && making < MAX_MAKING);
  }
}
