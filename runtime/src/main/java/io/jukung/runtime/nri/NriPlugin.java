package io.jukung.runtime.nri;

import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.nri.v1alpha1.ConfigureRequest;
import io.jukung.nri.v1alpha1.ConfigureResponse;
import io.jukung.nri.v1alpha1.Container;
import io.jukung.nri.v1alpha1.ContainerUpdate;
import io.jukung.nri.v1alpha1.Empty;
import io.jukung.nri.v1alpha1.PodSandbox;
import io.jukung.nri.v1alpha1.StateChangeEvent;
import io.jukung.nri.v1alpha1.SynchronizeRequest;
import io.jukung.nri.v1alpha1.SynchronizeResponse;
import io.jukung.runtime.nri.ttrpc.TtrpcException;
import io.jukung.runtime.nri.ttrpc.TtrpcPeer;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A plugin that has registered. One that does not answer in time, or whose answer cannot be read,
 * is disconnected, and from then on counts as if it were not there. Thread-safe.
 */
final class NriPlugin implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NriPlugin.class);

  static final String SERVICE = "nri.pkg.api.v1alpha1.Plugin";

  /** The most pods and containers in one message of a synchronization, in bytes of protobuf. */
  private static final int MAX_SYNC_BYTES = 3 << 20;

  private final Name name;
  private final TtrpcPeer peer;
  private final Duration requestTimeout;
  private volatile int subscription;
  private volatile boolean takesStateChanges;

  NriPlugin(Name name, TtrpcPeer peer, Duration requestTimeout) {
    this.name = name;
    this.peer = peer;
    this.requestTimeout = requestTimeout;
  }

  /**
   * What a plugin calls itself.
   *
   * @param index two digits; plugins are asked in the order of their indexes
   */
  record Name(String index, String base) implements Comparable<Name> {
    private static final int MAX_LENGTH = 200;

    /** Returns why this cannot be the name of a plugin; empty if it can. */
    Optional<String> problem() {
      if (!index.matches("[0-9]{2}")) {
        return Optional.of("the index \"" + shown(index) + "\" is not two digits");
      }
      if (!base.matches("[A-Za-z0-9_.+-]{1," + MAX_LENGTH + "}")) {
        return Optional.of(
            "the name \"" + shown(base) + "\" is not made of letters, digits and _ . + -");
      }
      return Optional.empty();
    }

    private static String shown(String text) {
      return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "…";
    }

    /** Parses the name of an executable file. */
    static Optional<Name> of(String fileName) {
      int dash = fileName.indexOf('-');
      return dash < 0
          ? Optional.empty()
          : Optional.of(new Name(fileName.substring(0, dash), fileName.substring(dash + 1)))
              .filter(each -> each.problem().isEmpty());
    }

    @Override
    public int compareTo(Name other) {
      int byIndex = index.compareTo(other.index);
      return byIndex != 0 ? byIndex : base.compareTo(other.base);
    }

    @Override
    public String toString() {
      return index + "-" + base;
    }
  }

  Name name() {
    return name;
  }

  boolean isClosed() {
    return peer.isClosed();
  }

  boolean isSubscribed(PluginEvent event) {
    return event.isIn(subscription);
  }

  /** Tells the plugin its configuration, and learns what it subscribes to. */
  void configure(ConfigureRequest request)
      throws IOException, TtrpcException, TimeoutException, InterruptedException {
    ConfigureResponse response =
        peer.call(SERVICE, "Configure", request, ConfigureResponse.parser(), requestTimeout);
    int events = response.getEvents();
    if ((events & ~PluginEvent.ALL) != 0) {
      throw new IOException("it subscribes to unknown events: 0x" + Integer.toHexString(events));
    }
    subscription = events == 0 ? PluginEvent.ALL : events;
  }

  /**
   * Tells the plugin what there is.
   *
   * @return the updates that the plugin asks for
   */
  List<ContainerUpdate> synchronize(
      List<PodSandbox> pods, List<Container> containers, Duration timeout)
      throws IOException, TtrpcException, TimeoutException, InterruptedException {
    long deadline = System.nanoTime() + timeout.toNanos();
    SynchronizeRequest.Builder part = SynchronizeRequest.newBuilder();
    int bytes = 0;
    for (PodSandbox pod : pods) {
      bytes = sendIfFull(part, bytes, pod.getSerializedSize(), deadline);
      part.addPods(pod);
    }
    for (Container container : containers) {
      bytes = sendIfFull(part, bytes, container.getSerializedSize(), deadline);
      part.addContainers(container);
    }
    return send(part, deadline).getUpdateList();
  }

  private int sendIfFull(SynchronizeRequest.Builder part, int bytes, int more, long deadline)
      throws IOException, TtrpcException, TimeoutException, InterruptedException {
    if (bytes == 0 || bytes + more <= MAX_SYNC_BYTES) {
      return bytes + more;
    }
    SynchronizeResponse response = send(part.setMore(true), deadline);
    if (!response.getMore() || response.getUpdateCount() > 0) {
      throw new IOException("it does not take a synchronization in several messages");
    }
    part.clear();
    return more;
  }

  private SynchronizeResponse send(SynchronizeRequest.Builder part, long deadline)
      throws IOException, TtrpcException, TimeoutException, InterruptedException {
    return peer.call(
        SERVICE,
        "Synchronize",
        part.build(),
        SynchronizeResponse.parser(),
        Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
  }

  /**
   * Tells the plugin of an event, if it has subscribed to it.
   *
   * @return empty if it has not, or does not answer
   * @throws TtrpcException if the plugin answers with an error
   * @throws CriException CANCELLED if the caller has gone
   */
  <T> Optional<T> tell(PluginEvent event, Message request, Parser<T> answer) throws TtrpcException {
    if (!isSubscribed(event) || isClosed()) {
      return Optional.empty();
    }
    try {
      return ask(event.method(), request, answer);
    } catch (TtrpcException e) {
      if (e.code() == TtrpcException.UNIMPLEMENTED) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** As {@link #tell}, also for a plugin that knows only StateChange. */
  void notify(PluginEvent event, Message request, PodSandbox pod, Container container)
      throws TtrpcException {
    if (!isSubscribed(event) || isClosed()) {
      return;
    }
    try {
      if (!takesStateChanges) {
        var _ = ask(event.method(), request, Empty.parser());
        return;
      }
    } catch (TtrpcException e) {
      if (e.code() != TtrpcException.UNIMPLEMENTED || !event.wasStateChange()) {
        throw e;
      }
      takesStateChanges = true;
    }
    var _ =
        ask(
            "StateChange",
            StateChangeEvent.newBuilder()
                .setEvent(event.event())
                .setPod(pod)
                .setContainer(container)
                .build(),
            Empty.parser());
  }

  private <T> Optional<T> ask(String method, Message request, Parser<T> answer)
      throws TtrpcException {
    try {
      return Optional.of(peer.call(SERVICE, method, request, answer, requestTimeout));
    } catch (TimeoutException e) {
      close("it does not answer " + method + " within " + requestTimeout.toMillis() + " ms");
    } catch (IOException e) {
      close(method + ": " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CriException(
          ErrorKind.CANCELLED, "NRI plugin " + name + ": " + method + " was cut short", e);
    }
    return Optional.empty();
  }

  /** Disconnects the plugin and logs why. */
  void close(String why) {
    LOG.warn("NRI plugin {} is disconnected: {}", name, why);
    close();
  }

  @Override
  public void close() {
    peer.close();
  }

  @Override
  public String toString() {
    return name.toString();
  }
}
