package io.jukung.runtime.stats;

import static io.jukung.runtime.stats.MetricFamily.NETWORK_RECEIVE_BYTES_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.NETWORK_RECEIVE_ERRORS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.NETWORK_RECEIVE_PACKETS_DROPPED_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.NETWORK_RECEIVE_PACKETS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.NETWORK_TRANSMIT_BYTES_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.NETWORK_TRANSMIT_ERRORS_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.NETWORK_TRANSMIT_PACKETS_DROPPED_TOTAL;
import static io.jukung.runtime.stats.MetricFamily.NETWORK_TRANSMIT_PACKETS_TOTAL;

import io.jukung.linux.net.InterfaceCounters;
import java.util.List;

/** The metrics of a pod's network interfaces. */
public final class NetworkMetrics {
  private NetworkMetrics() {}

  /** Adds the counters of the interfaces to the pod's series. */
  public static void add(MetricSeries series, List<InterfaceCounters> interfaces) {
    for (InterfaceCounters each : interfaces) {
      String name = each.name();
      InterfaceCounters.Direction received = each.received();
      series.add(NETWORK_RECEIVE_BYTES_TOTAL, received.bytes(), name);
      series.add(NETWORK_RECEIVE_PACKETS_TOTAL, received.packets(), name);
      series.add(NETWORK_RECEIVE_ERRORS_TOTAL, received.errors(), name);
      series.add(NETWORK_RECEIVE_PACKETS_DROPPED_TOTAL, received.dropped(), name);
      InterfaceCounters.Direction sent = each.sent();
      series.add(NETWORK_TRANSMIT_BYTES_TOTAL, sent.bytes(), name);
      series.add(NETWORK_TRANSMIT_PACKETS_TOTAL, sent.packets(), name);
      series.add(NETWORK_TRANSMIT_ERRORS_TOTAL, sent.errors(), name);
      series.add(NETWORK_TRANSMIT_PACKETS_DROPPED_TOTAL, sent.dropped(), name);
    }
  }
}
