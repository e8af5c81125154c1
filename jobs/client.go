package jobs

import (
	"context"
	"errors"
	"fmt"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

// Client wakes workers. It is safe for concurrent use; close it when done.
type Client struct {
	asynq *asynq.Client
	kinds map[string]kind
}

// NewClient connects to Redis lazily.
func NewClient(opt asynq.RedisConnOpt) *Client {
	return &Client{asynq: asynq.NewClient(opt), kinds: table()}
}

// Close closes the connection.
func (c *Client) Close() error { return c.asynq.Close() }

// Ping asks Redis whether it answers.
func (c *Client) Ping() error { return c.asynq.Ping() }

// Wake asks for a kind of work without waiting for the next tick: a courtesy of pages after they have written the row.
// Kinds: KindOpenCalls, KindFollowUp, KindSweep, KindImport, KindPlan.
func (c *Client) Wake(ctx context.Context, what string) error {
	return c.enqueue(ctx, what, payload{})
}

// enqueue is content when the same task waits already.
func (c *Client) enqueue(ctx context.Context, name string, p payload) error {
	k, ok := c.kinds[name]
	if !ok {
		return fmt.Errorf("wake %q: there is no such task", name)
	}
	t, err := newTask(name, k, p)
	if err != nil {
		return err
	}
	_, err = c.asynq.EnqueueContext(ctx, t)
	if err == nil || errors.Is(err, asynq.ErrDuplicateTask) {
		return nil
	}
	return fmt.Errorf("wake %s: %w", name, err)
}

// redisClient opens what asynq's option describes, for what asynq itself has no use: the shared rate limit.
func redisClient(opt asynq.RedisConnOpt) (redis.UniversalClient, error) {
	client, ok := opt.MakeRedisClient().(redis.UniversalClient)
	if !ok {
		return nil, fmt.Errorf("redis: no client for %T", opt)
	}
	return client, nil
}
