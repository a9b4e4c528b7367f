package io.jukung.runtime.service;

import io.jukung.cri.v1.ListMetricDescriptorsRequest;
import io.jukung.cri.v1.ListMetricDescriptorsResponse;
import io.jukung.runtime.stats.MetricFamily;

/** ListMetricDescriptors: returns the metrics that pods and containers may have. */
public final class ListMetricDescriptors {

  public ListMetricDescriptorsResponse call(ListMetricDescriptorsRequest request) {
    ListMetricDescriptorsResponse.Builder response = ListMetricDescriptorsResponse.newBuilder();
    for (MetricFamily family : MetricFamily.values()) {
      response.addDescriptors(family.descriptor());
    }
    return response.build();
  }
}
