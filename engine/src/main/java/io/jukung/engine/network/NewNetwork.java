package io.jukung.engine.network;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.client.v1.CreateNetworkRequest;
import io.jukung.client.v1.NetworkRange;
import io.jukung.engine.http.HttpError;
import io.jukung.engine.request.Fields;
import java.util.ArrayList;
import java.util.List;

/** What the body of a {@code POST /networks/create} means to the daemon. */
final class NewNetwork {
  private NewNetwork() {}

  /**
   * Reads the body.
   *
   * @throws HttpError 501 for a field that is set and cannot be carried out
   */
  static CreateNetworkRequest request(JsonNode body) {
    // CheckDuplicate: two networks never have one name.
    // Attachable is about networks of a swarm: containers can join each network that is here.
    Fields fields =
        new Fields("the request", body).without("CheckDuplicate", "EnableIPv4", "Attachable");
    if (!body.path("EnableIPv4").asBoolean(true)) {
      throw HttpError.notImplemented("EnableIPv4 false");
    }
    String scope = fields.text("Scope");
    if (!scope.isEmpty() && !scope.equals("local")) {
      throw HttpError.notImplemented("Scope " + scope);
    }
    CreateNetworkRequest request =
        CreateNetworkRequest.newBuilder()
            .setName(fields.text("Name"))
            .setDriver(fields.text("Driver"))
            .setInternal(fields.flag("Internal"))
            .setIpv6(fields.flag("EnableIPv6"))
            .putAllOptions(fields.map("Options"))
            .putAllLabels(fields.map("Labels"))
            .addAllRanges(ranges(fields.object("IPAM")))
            .build();
    fields.requireNoOther();
    return request;
  }

  private static List<NetworkRange> ranges(Fields ipam) {
    String driver = ipam.text("Driver");
    if (!driver.isEmpty() && !driver.equals("default")) {
      throw HttpError.notImplemented("IPAM.Driver " + driver);
    }
    List<NetworkRange> ranges = new ArrayList<>();
    for (Fields each : ipam.objects("Config")) {
      NetworkRange range =
          NetworkRange.newBuilder()
              .setSubnet(each.text("Subnet"))
              .setIpRange(each.text("IPRange"))
              .setGateway(each.text("Gateway"))
              .build();
      each.requireNoOther();
      if (!range.equals(NetworkRange.getDefaultInstance())) {
        ranges.add(range);
      }
    }
    ipam.requireNoOther();
    return ranges;
  }
}
