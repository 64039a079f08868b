using System.Net;

namespace GpuLossTests;

/// <summary>The site, built by the command of the README and served on this machine.</summary>
public sealed class SiteFixture : IAsyncLifetime
{
    private readonly HttpListener listener = new();

    internal static string Folder => Repository.PathOf("artifacts/docs/site");

    internal Uri Address { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        await Workspace.RunIn(Repository.Root, "dotnet", "tool", "restore");
        await Workspace.RunIn(Repository.Root, "dotnet", "cake", "--target=Docs");
        using (var free = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Address = new Uri($"http://localhost:{((IPEndPoint)free.LocalEndpoint).Port}/");
        }

        listener.Prefixes.Add(Address.AbsoluteUri);
        listener.Start();
        _ = Task.Run(Serve);
    }

    public ValueTask DisposeAsync()
    {
        listener.Close();
        return ValueTask.CompletedTask;
    }

    private async Task Serve()
    {
        while (listener.IsListening)
        {
            HttpListenerContext call;
            try
            {
                call = await listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            try
            {
                await Answer(call);
            }
            catch (HttpListenerException)
            {
                // The browser went to another page before this file was there.
            }
        }
    }

    private static async Task Answer(HttpListenerContext call)
    {
        using var response = call.Response;
        var file = Path.Combine(Folder, Uri.UnescapeDataString(call.Request.Url!.AbsolutePath[1..]));
        if (!File.Exists(file))
        {
            response.StatusCode = 404;
            return;
        }

        response.ContentType = Path.GetExtension(file) switch
        {
            ".html" => "text/html; charset=utf-8",
            ".js" => "text/javascript",
            ".css" => "text/css",
            ".json" => "application/json",
            ".svg" => "image/svg+xml",
            _ => "application/octet-stream",
        };
        await response.OutputStream.WriteAsync(await File.ReadAllBytesAsync(file));
    }
}
