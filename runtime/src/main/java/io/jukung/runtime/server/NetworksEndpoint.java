package io.jukung.runtime.server;

import io.grpc.stub.StreamObserver;
import io.jukung.client.v1.ConnectNetworkRequest;
import io.jukung.client.v1.ConnectNetworkResponse;
import io.jukung.client.v1.CreateNetworkRequest;
import io.jukung.client.v1.CreateNetworkResponse;
import io.jukung.client.v1.DisconnectNetworkRequest;
import io.jukung.client.v1.DisconnectNetworkResponse;
import io.jukung.client.v1.ListNetworksRequest;
import io.jukung.client.v1.ListNetworksResponse;
import io.jukung.client.v1.NetworksGrpc;
import io.jukung.client.v1.RemoveNetworkRequest;
import io.jukung.client.v1.RemoveNetworkResponse;
import io.jukung.runtime.rpc.Rpc;
import io.jukung.runtime.usernetwork.ConnectNetwork;
import io.jukung.runtime.usernetwork.CreateNetwork;
import io.jukung.runtime.usernetwork.DisconnectNetwork;
import io.jukung.runtime.usernetwork.ListNetworks;
import io.jukung.runtime.usernetwork.RemoveNetwork;

/** The service Networks of jukung.v1: networks that users make for their containers. */
final class NetworksEndpoint extends NetworksGrpc.NetworksImplBase {
  /** The calls of the service. */
  record Calls(
      CreateNetwork create,
      ListNetworks list,
      RemoveNetwork remove,
      ConnectNetwork connect,
      DisconnectNetwork disconnect) {}

  private final Calls calls;

  NetworksEndpoint(Calls calls) {
    this.calls = calls;
  }

  @Override
  public void createNetwork(
      CreateNetworkRequest request, StreamObserver<CreateNetworkResponse> answer) {
    Rpc.unary(calls.create::call, request, answer);
  }

  @Override
  public void listNetworks(
      ListNetworksRequest request, StreamObserver<ListNetworksResponse> answer) {
    Rpc.unary(calls.list::call, request, answer);
  }

  @Override
  public void removeNetwork(
      RemoveNetworkRequest request, StreamObserver<RemoveNetworkResponse> answer) {
    Rpc.unary(calls.remove::call, request, answer);
  }

  @Override
  public void connectNetwork(
      ConnectNetworkRequest request, StreamObserver<ConnectNetworkResponse> answer) {
    Rpc.unary(calls.connect::call, request, answer);
  }

  @Override
  public void disconnectNetwork(
      DisconnectNetworkRequest request, StreamObserver<DisconnectNetworkResponse> answer) {
    Rpc.unary(calls.disconnect::call, request, answer);
  }
}
