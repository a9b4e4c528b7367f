package io.jukung.image.pull;

import io.jukung.image.content.Digest;
import io.jukung.image.install.PullListener;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/** The pulls that are under way, whoever has asked for them. Thread-safe. */
public final class ActivePulls {
  /**
   * The rate counts the last seconds: long enough for a steady number, short enough for a stall.
   */
  private static final double RATE_WINDOW_SECONDS = 5;

  private final Set<Tracked> pulls = ConcurrentHashMap.newKeySet();

  /**
   * One pull, as it is now. Bytes are compressed ones, of the layers that were not on the node.
   *
   * @param image the complete reference
   * @param requester who has asked for it, in words for people
   * @param layers how many layers had to be made
   * @param layersDone how many of them are in the store
   * @param arrivedBytes how many of totalBytes have arrived
   * @param totalBytes 0 until the manifest is known
   * @param bytesPerSecond over the last seconds
   * @param hosts the hosts that have delivered something, in the order of their names
   */
  public record Progress(
      String image,
      String requester,
      Instant startedAt,
      int layers,
      int layersDone,
      long arrivedBytes,
      long totalBytes,
      long bytesPerSecond,
      List<String> hosts) {}

  /** The pulls, the oldest first. */
  public List<Progress> list() {
    return pulls.stream()
        .map(Tracked::progress)
        .sorted(Comparator.comparing(Progress::startedAt))
        .toList();
  }

  /**
   * Begins to follow a pull, until the result is closed.
   *
   * @param listener is told of the progress as well
   */
  Tracked begin(String image, String requester, PullListener listener) {
    Tracked pull = new Tracked(image, requester, listener);
    pulls.add(pull);
    return pull;
  }

  /** A pull that is under way. */
  final class Tracked implements PullListener, AutoCloseable {
    private final String image;
    private final String requester;
    private final PullListener listener;
    private volatile Supplier<List<String>> hosts = List::of;
    private final Instant startedAt = Instant.now();
    private final Map<Digest, Layer> layers = new HashMap<>();
    private final Rate rate = new Rate();

    private Tracked(String image, String requester, PullListener listener) {
      this.image = image;
      this.requester = requester;
      this.listener = listener;
    }

    /**
     * Says where the image comes from.
     *
     * @param delivering tells the hosts that have delivered something so far
     */
    void from(Supplier<List<String>> delivering) {
      hosts = delivering;
    }

    private static final class Layer {
      final long size;
      long arrived;
      boolean done;

      Layer(long size) {
        this.size = size;
      }
    }

    @Override
    public void layerNeeded(Digest layer, long sizeBytes) {
      synchronized (layers) {
        layers.putIfAbsent(layer, new Layer(sizeBytes));
      }
      listener.layerNeeded(layer, sizeBytes);
    }

    @Override
    public void layerArrived(Digest layer, long arrivedBytes, long sizeBytes) {
      synchronized (layers) {
        Layer known = layers.computeIfAbsent(layer, _ -> new Layer(sizeBytes));
        if (arrivedBytes > known.arrived) { // numbers may come out of order
          rate.add(arrivedBytes - known.arrived, System.nanoTime());
          known.arrived = arrivedBytes;
        }
      }
      listener.layerArrived(layer, arrivedBytes, sizeBytes);
    }

    @Override
    public void layerReady(Digest layer) {
      synchronized (layers) {
        Layer known = layers.get(layer);
        if (known != null) {
          known.done = true;
          known.arrived = known.size;
        }
      }
      listener.layerReady(layer);
    }

    Progress progress() {
      List<String> from = new ArrayList<>(hosts.get());
      synchronized (layers) {
        return new Progress(
            image,
            requester,
            startedAt,
            layers.size(),
            (int) layers.values().stream().filter(each -> each.done).count(),
            layers.values().stream().mapToLong(each -> each.arrived).sum(),
            layers.values().stream().mapToLong(each -> each.size).sum(),
            rate.perSecond(System.nanoTime()),
            from);
      }
    }

    @Override
    public void close() {
      pulls.remove(this);
    }
  }

  /** Bytes per second, of which older ones count less. Not thread-safe. */
  static final class Rate {
    private double weighted;
    private long at;
    private boolean begun;

    void add(long bytes, long nanos) {
      decay(nanos);
      weighted += bytes;
    }

    long perSecond(long nanos) {
      decay(nanos);
      return Math.round(weighted / RATE_WINDOW_SECONDS);
    }

    private void decay(long nanos) {
      if (begun && nanos > at) {
        weighted *= Math.exp(-(nanos - at) / 1e9 / RATE_WINDOW_SECONDS);
      }
      if (!begun || nanos > at) {
        at = nanos;
      }
      begun = true;
    }
  }
}
